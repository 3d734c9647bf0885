// The configuration screens' ready-made lists come without names for those who don't see them; each gets that of its field.
(function () {
  "use strict";

  function labelOf(part) {
    var container = part.closest(".select2-container");
    var select = container && container.previousElementSibling;
    return select && select.id ? document.querySelector('label[for="' + CSS.escape(select.id) + '"]') : null;
  }

  function nameList(list) {
    var label = labelOf(list);
    if (!label) return;
    label.id = label.id || label.htmlFor + "-label";
    var shown = list.getAttribute("aria-labelledby");
    if (!shown || shown.indexOf(label.id) < 0) list.setAttribute("aria-labelledby", (label.id + " " + (shown || "")).trim());
    var chosen = list.querySelector(".select2-selection__rendered");
    if (chosen && !chosen.hasAttribute("aria-label")) chosen.setAttribute("aria-label", label.textContent.trim());
  }

  function nameSearch(field) {
    var label = labelOf(field);
    var name = label ? label.textContent.trim() : document.getElementById("oy-words").dataset.searchList;
    if (field.getAttribute("aria-label") !== name) field.setAttribute("aria-label", name);
  }

  function look() {
    document.querySelectorAll(".select2-selection--single").forEach(nameList);
    document.querySelectorAll(".select2-search__field").forEach(nameSearch);
    document.querySelectorAll(".help-tooltip[aria-label]:not([role])").forEach(function (hint) { hint.setAttribute("role", "img"); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
})();
