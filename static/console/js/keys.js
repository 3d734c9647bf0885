// Single keys: whatever carries data-key is pressed by that key. They rest while somebody types, and can be switched off.
(function () {
  "use strict";
  var STORE = "orderyard.singleKeys";

  function on() {
    try {
      return localStorage.getItem(STORE) !== "off";
    } catch (error) {
      return true;
    }
  }

  function typing(target) {
    if (target.isContentEditable || target.matches("textarea, select")) return true;
    return target.matches("input") && !/^(checkbox|radio|button|submit)$/.test(target.type);
  }

  function usable(part) { return part.getClientRects().length > 0; }

  function marked(key, within) {
    return Array.from(within.querySelectorAll('[data-key="' + CSS.escape(key) + '"]')).filter(usable)[0];
  }

  function rows() { return Array.from(document.querySelectorAll(".case-link, .approval-link")).filter(usable); }

  // On a list J and K walk the rows; on a case they are ordinary buttons.
  function walk(step) {
    var all = rows();
    if (!all.length) return false;
    var here = document.activeElement.closest("[data-row]");
    var at = all.findIndex(function (link) { return link.closest("[data-row]") === here; });
    var to = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    all[to].focus();
    all[to].closest("[data-row]").scrollIntoView({ block: "nearest" });
    return true;
  }

  function tick() {
    var row = document.activeElement.closest("[data-row]");
    var box = row && row.querySelector("input[type=checkbox]");
    if (!box) return false;
    box.click();
    return true;
  }

  // What its form still lacks: a field that is empty and must not be, or one that was found wrong and is as it was.
  function lacking(button) {
    if (!button.form || button.type !== "submit") return null;
    return Array.from(button.form.elements).filter(function (field) {
      var asItWas = field.getAttribute("aria-invalid") === "true" && field.value === field.defaultValue;
      return usable(field) && (asItWas || (field.willValidate && !field.validity.valid));
    })[0];
  }

  function press(key, event) {
    var dialog = document.querySelector("dialog[open]");
    var part = marked(key, dialog || document);
    if (part) {
      event.preventDefault();
      var lack = lacking(part);
      (lack || part).focus();
      if (!lack && !part.matches("input, textarea")) part.click();
      return;
    }
    if (dialog) return;
    if ((key === "j" && walk(1)) || (key === "k" && walk(-1)) || (key === "x" && tick())) event.preventDefault();
    else if (key === "/") {
      event.preventDefault();
      document.querySelector("[data-palette-open]").click();
    }
  }

  // What was typed as one case went is not for the next one: for a moment after another case has come, single keys do nothing.
  var QUIET_MS = 300, LEAVING_MS = 3000, CASE = "orderyard.case";
  function isAnotherCase() {
    var main = document.getElementById("case-main"), here = main ? main.dataset.watch : "", before = "";
    try {
      before = sessionStorage.getItem(CASE) || "";
      sessionStorage.setItem(CASE, here);
    } catch (error) { /* without it keys are heard at once */ }
    return Boolean(here && before && here !== before);
  }
  var quiet = false;
  function beQuiet(forMs) {
    quiet = true;
    document.documentElement.dataset.keysQuiet = "";
    setTimeout(function () {
      quiet = false;
      delete document.documentElement.dataset.keysQuiet;
    }, forMs);
  }
  if (isAnotherCase()) beQuiet(QUIET_MS);
  // Nor is it for the old one, once its form is on its way.
  document.addEventListener("submit", function (event) {
    if (!event.defaultPrevented && event.target.closest("#case-main")) beQuiet(LEAVING_MS);
  });

  function hear(event) {
    // What is taken back is what was chosen before, whichever case is there by now.
    if (quiet && event.key !== "z") return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat && !/^[jk]$/i.test(event.key)) return;
    if (event.key.length !== 1 || typing(event.target) || !on()) return;
    press(event.key.toLowerCase(), event);
  }
  // Not before the page's other scripts are there: what a key presses may need them.
  document.addEventListener("DOMContentLoaded", function () {
    var early = window.orderyardEarlyKey();
    if (early) hear(early);
    document.addEventListener("keydown", hear);
  });

  function setUpSwitch() {
    var boxes = document.querySelectorAll("[data-keys-on]");
    function show() {
      document.documentElement.classList.toggle("keys-are-off", !on());
      boxes.forEach(function (box) { box.checked = on(); });
    }
    boxes.forEach(function (box) {
      box.addEventListener("change", function () {
        try { localStorage.setItem(STORE, box.checked ? "on" : "off"); } catch (error) { /* stays as it is */ }
        show();
      });
    });
    document.querySelectorAll("[data-keys]").forEach(function (part) { part.hidden = false; });
    show();
  }
  setUpSwitch();
})();
