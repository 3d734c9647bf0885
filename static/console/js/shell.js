// The frame around every page: menu on a small screen, appearance, search. Works without the rest of the page's scripts.
(function () {
  "use strict";

  function ready(work) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", work);
    else work();
  }

  function setUpMenu() {
    var side = document.getElementById("oy-side");
    var button = document.querySelector("[data-menu-open]");
    var body = document.getElementById("oy-body") || document.getElementById("main");
    if (!side || !button || !body) return;
    function set(open) {
      document.documentElement.classList.toggle("oy-menu-is-open", open);
      button.setAttribute("aria-expanded", String(open));
      body.inert = open;
      if (open) side.querySelector("a").focus();
      else button.focus();
    }
    button.addEventListener("click", function () { set(true); });
    document.querySelectorAll("[data-menu-close]").forEach(function (part) {
      part.addEventListener("click", function () { set(false); });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && body.inert) set(false);
    });
  }

  function setUpUser() {
    document.querySelectorAll("details[data-menu]").forEach(function (menu) {
      document.addEventListener("click", function (event) {
        if (menu.open && !menu.contains(event.target)) menu.open = false;
      });
      menu.addEventListener("keydown", function (event) {
        if (event.key === "Escape" && menu.open) {
          menu.open = false;
          menu.querySelector("summary").focus();
        }
      });
    });
    var buttons = document.querySelectorAll("[data-theme]");
    function mark() {
      buttons.forEach(function (button) {
        button.setAttribute("aria-pressed", String(button.dataset.theme === window.orderyardTheme.chosen()));
      });
    }
    buttons.forEach(function (button) {
      button.addEventListener("click", function () {
        window.orderyardTheme.choose(button.dataset.theme);
        mark();
      });
    });
    mark();
  }

  function setUpPalette() {
    var palette = document.getElementById("oy-palette");
    if (!palette) return;
    var input = document.getElementById("oy-palette-input");
    var results = document.getElementById("oy-palette-results");
    var at = -1;
    var stale = false; // typed, and the answer is not here yet
    var wanted = false; // Enter was pressed meanwhile

    function hits() { return Array.from(results.querySelectorAll("[role=option]")); }
    function mark(place) {
      var all = hits();
      at = all.length ? (place + all.length) % all.length : -1;
      all.forEach(function (hit, index) { hit.setAttribute("aria-selected", String(index === at)); });
      if (at < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", all[at].id);
        all[at].scrollIntoView({ block: "nearest" });
      }
    }
    function open() {
      if (palette.open) return;
      palette.showModal();
      input.select();
      window.htmx.trigger(input, "palette");
    }

    document.querySelectorAll("[data-palette-open]").forEach(function (button) {
      button.addEventListener("click", open);
    });
    document.addEventListener("keydown", function (event) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        if (palette.open) palette.close();
        else open();
      }
    });
    palette.addEventListener("click", function (event) {
      if (event.target === palette || event.target.closest("[data-palette-close]")) palette.close();
    });
    results.addEventListener("htmx:afterSwap", function () {
      stale = false;
      mark(0);
      if (wanted && at >= 0) hits()[at].click();
      wanted = false;
    });
    input.addEventListener("input", function () { stale = true; });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark(at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Escape") {
        event.preventDefault(); // a search field would only be emptied
        palette.close();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (stale) wanted = true;
        else if (at >= 0 && hits()[at]) hits()[at].click();
      }
    });
  }

  ready(function () {
    setUpMenu();
    setUpUser();
    setUpPalette();
  });
})();
