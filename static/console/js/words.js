// What scripts write on the page comes from the page (console/shell/words.html), which was drawn in its reader's language.
(function () {
  "use strict";

  // oyWords("ago", { span: "5 min" }): the text of that name, its {names} filled in.
  window.oyWords = function (name, values) {
    var text = document.getElementById("oy-words").dataset[name];
    Object.keys(values || {}).forEach(function (key) { text = text.replace("{" + key + "}", values[key]); });
    return text;
  };
})();
