// "@" in a comment offers the colleagues; arrows choose, Enter or Tab takes, Escape leaves. Typing a name by hand works as well.
(function () {
  "use strict";
  var field = document.querySelector("[data-mentions]");
  var list = document.getElementById("mention-list");
  var people = document.getElementById("mention-people");
  if (!field || !list || !people) return;
  var everybody = Array.from(people.children).map(function (one) { return { name: one.dataset.name, said: one.textContent }; });
  var at = -1;

  function begun() {
    var before = field.value.slice(0, field.selectionStart);
    var found = /(?:^|\s)@([\w.+-]*)$/.exec(before);
    return found ? found[1].toLowerCase() : null;
  }
  function close() {
    list.hidden = true;
    at = -1;
    field.removeAttribute("aria-activedescendant");
  }
  function mark(place) {
    var all = Array.from(list.children);
    at = (place + all.length) % all.length;
    all.forEach(function (one, index) { one.setAttribute("aria-selected", String(index === at)); });
    field.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }
  function offer() {
    var typed = begun();
    var fit = typed === null ? [] : everybody.filter(function (one) {
      return one.name.toLowerCase().indexOf(typed) === 0 || one.said.toLowerCase().indexOf(typed) >= 0;
    }).slice(0, 8);
    if (!fit.length) return close();
    list.textContent = "";
    fit.forEach(function (one, index) {
      var item = document.createElement("li");
      item.id = "mention-" + index;
      item.setAttribute("role", "option");
      item.dataset.name = one.name;
      item.textContent = one.said + " (" + one.name + ")";
      list.appendChild(item);
    });
    list.hidden = false;
    mark(0);
  }
  function take(name) {
    var end = field.selectionStart;
    var start = field.value.lastIndexOf("@", end - 1);
    field.value = field.value.slice(0, start) + "@" + name + " " + field.value.slice(end);
    field.selectionStart = field.selectionEnd = start + name.length + 2;
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  field.setAttribute("aria-controls", "mention-list");
  field.setAttribute("aria-autocomplete", "list");
  field.addEventListener("input", offer);
  field.addEventListener("keydown", function (event) {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      event.preventDefault();
      take(list.children[at].dataset.name);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  list.addEventListener("mousedown", function (event) {
    var item = event.target.closest("[role=option]");
    if (!item) return;
    event.preventDefault();
    take(item.dataset.name);
  });
  field.addEventListener("blur", function () { setTimeout(close, 150); });
})();
