// What pages need beyond plain links and forms: dialogs, copying, fresh times, following an order. All of it is extra.
(function () {
  "use strict";
  var EVERY_MS = 4000;

  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener) {
      var dialog = document.getElementById(opener.dataset.dialog);
      if (opener.dataset.setReason) dialog.querySelector("[name=reason]").value = opener.dataset.setReason;
      dialog.showModal();
      return;
    }
    if (event.target.closest("[data-dialog-close]") || event.target.matches("dialog.modal")) {
      event.target.closest("dialog").close();
      return;
    }
    var copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    var dismisser = event.target.closest("[data-dismiss]");
    if (dismisser) dismisser.parentElement.remove();
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  });

  function copy(button) {
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var label = button.getAttribute("aria-label");
      button.classList.add("is-copied");
      button.setAttribute("aria-label", window.oyWords("copied"));
      setTimeout(function () {
        button.classList.remove("is-copied");
        button.setAttribute("aria-label", label);
      }, 1500);
    });
  }

  // One submit is enough, however often the button is pressed.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 4000);
  });

  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-tick-all]")) return;
    document.querySelectorAll(event.target.dataset.tickAll).forEach(function (box) { box.checked = event.target.checked; });
  });
  // Enter on a box would press the form's first button, whatever that does: boxes choose, buttons act.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.matches("form[method=post] [type=checkbox]")) event.preventDefault();
  });

  function relative(moment, now) {
    var seconds = (now - moment) / 1000;
    var size = Math.abs(seconds);
    if (size < 45) return window.oyWords("justNow");
    if (size >= 28 * 86400) return "";
    var units = [[86400, "days"], [3600, "hours"], [60, "minutes"]];
    var unit = units.find(function (one) { return size >= one[0] * 0.95; }) || units[2];
    var span = window.oyWords(unit[1], { count: Math.max(1, Math.round(size / unit[0])) });
    return window.oyWords(seconds > 0 ? "ago" : "ahead", { span: span });
  }

  function inOwnTime(moment) {
    var own = document.body.dataset;
    return moment.toLocaleString(own.locale || undefined, own.ownZone ? { timeZone: own.ownZone } : {});
  }

  function tellTimes(root) {
    var now = Date.now();
    root.querySelectorAll("time[datetime]").forEach(function (mark) {
      var moment = new Date(mark.dateTime);
      if (isNaN(moment)) return;
      if (!mark.dataset.local) {
        mark.dataset.local = "1";
        mark.title += "\n" + window.oyWords("ownTime", { moment: inOwnTime(moment) });
      }
      var text = mark.hasAttribute("data-when") ? relative(moment.getTime(), now) : "";
      if (text && mark.textContent !== text) mark.textContent = text;
    });
  }

  // An order that may still change is asked after, while somebody can see it and is not in the middle of something.
  function follow() {
    var live = document.querySelector("[data-live]");
    if (!live || document.hidden || document.querySelector("dialog[open]") || !window.getSelection().isCollapsed) return;
    var address = new URL(window.location.href);
    address.hash = "";
    address.searchParams.set("seen", live.dataset.pulse);
    var open = Array.from(live.querySelectorAll("details[open]")).map(function (part) { return part.id; });
    window.htmx.ajax("GET", address.pathname + address.search, { target: "#order-live", swap: "outerHTML" }).then(function () {
      open.forEach(function (id) {
        var part = id && document.getElementById(id);
        if (part) part.open = true;
      });
    });
  }

  // On a small screen the filters stand in the way until they are wanted.
  function foldFilters() {
    document.querySelectorAll("form[data-fold]").forEach(function (form) {
      var toggle = form.querySelector("[data-fold-toggle]");
      function fold(folded) {
        form.classList.toggle("is-folded", folded);
        toggle.setAttribute("aria-expanded", String(!folded));
      }
      toggle.hidden = false;
      toggle.addEventListener("click", function () { fold(!form.classList.contains("is-folded")); });
      fold(form.dataset.fold !== "open");
    });
  }

  // The open tab stands in sight, however many come before it.
  function showTab() {
    document.querySelectorAll(".tabs").forEach(function (tabs) {
      var at = tabs.querySelector(".tab-own:has([aria-current]), [aria-current]");
      if (at) tabs.scrollLeft += Math.max(0, at.getBoundingClientRect().right - tabs.getBoundingClientRect().right + 16);
    });
  }

  // What was refused is where one goes on: at what is wrong with it, else at its first field.
  function goOnWithRefused() {
    var form = document.querySelector("form[data-refused]");
    if (!form) return;
    var fields = Array.from(form.querySelectorAll("input:not([type=hidden]), select, textarea, button"));
    var shown = fields.filter(function (field) { return field.getClientRects().length > 0; });
    var wrong = shown.filter(function (field) { return field.getAttribute("aria-invalid") === "true"; });
    if (wrong[0] || shown[0]) (wrong[0] || shown[0]).focus();
  }

  function start() {
    foldFilters();
    showTab();
    goOnWithRefused();
    tellTimes(document);
    setInterval(function () { tellTimes(document); }, 30000);
    document.addEventListener("htmx:afterSwap", function () { tellTimes(document); });
    if (document.querySelector("[data-live]")) setInterval(follow, EVERY_MS);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
