// Runs before the first paint, so that a dark page never flashes white. The key is the one the configuration screens use.
(function () {
  "use strict";
  function chosen() {
    try {
      return JSON.parse(localStorage.getItem("adminTheme")) || "auto";
    } catch (error) {
      return "auto";
    }
  }
  function show() {
    var theme = chosen();
    var dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.classList.toggle("dark", dark);
  }
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  window.orderyardTheme = {
    chosen: chosen,
    choose: function (theme) {
      localStorage.setItem("adminTheme", JSON.stringify(theme));
      // The configuration screens keep their own copy of the choice.
      if (window.Alpine && document.documentElement.hasAttribute("x-data")) {
        window.Alpine.$data(document.documentElement).adminTheme = theme;
      }
      show();
    },
  };
})();
