// A key pressed on a page that shows already but whose scripts have not come yet: kept here until keys.js can do it.
(function () {
  "use strict";
  var first = null;
  function note(event) {
    if (event.key.length === 1 && !first) first = event;
  }
  document.addEventListener("keydown", note);
  // Only the first: what was pressed after it was meant for whatever the first one opens.
  window.orderyardEarlyKey = function () {
    document.removeEventListener("keydown", note);
    return first;
  };
})();
