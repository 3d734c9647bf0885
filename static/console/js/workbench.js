// The workbench: lists and cases that follow what happens, drafts that survive a reload, choosing several, taking back.
(function () {
  "use strict";
  var EVERY_MS = 4000;

  // Parts that live. What is in the middle of being typed or chosen is never replaced under somebody's hands.
  function busy() {
    if (document.hidden || document.querySelector("dialog[open], [data-key-menu]:not([hidden])")) return true;
    if (document.querySelector("#bulk [name=case]:checked")) return true;
    var at = document.activeElement;
    return (at && at.matches("[data-part] textarea, [data-part] input:not([type=checkbox]), [data-part] select")) || !window.getSelection().isCollapsed;
  }

  function replaceParts(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html");
    var at = document.activeElement && document.activeElement.id;
    document.querySelectorAll("[data-part]").forEach(function (part) {
      var other = fresh.getElementById(part.id);
      if (!other) return;
      var open = Array.from(part.querySelectorAll("details[open]")).map(function (fold) { return fold.id; });
      part.replaceWith(document.adoptNode(other));
      open.forEach(function (id) { if (id && document.getElementById(id)) document.getElementById(id).open = true; });
      if (window.htmx) window.htmx.process(other);
    });
    if (at && document.activeElement === document.body && document.getElementById(at)) document.getElementById(at).focus();
    keepDrafts();
    tellClocks();
    document.dispatchEvent(new CustomEvent("htmx:afterSwap"));
  }

  var failures = 0;
  function ask() {
    var live = document.querySelector("[data-watch]");
    if (!live || document.hidden) return;
    var address = new URL(window.location.href);
    // The answer to a form that was refused stands until it is sent again: it holds what was typed.
    if (address.pathname !== live.dataset.watch) return;
    address.hash = "";
    address.searchParams.set("seen", live.dataset.pulse);
    fetch(address, { headers: { "X-Requested-With": "fetch" }, redirect: "error" }).then(function (answer) {
      failures = 0;
      if (answer.status !== 200) return;
      return answer.text().then(function (text) {
        if (!busy()) replaceParts(text);
        else if (!answer.headers.has("Orderyard-No-News")) showNews();
      });
    }).catch(function () { failures += 1; });
  }

  function showNews() {
    var news = document.getElementById("news");
    if (news) news.hidden = false;
  }

  // Who else has the case open: told and asked in one, and only while the tab is in front.
  function beHere() {
    var place = document.querySelector("[data-presence]");
    if (!place || document.hidden) return;
    var token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (!token) return;
    fetch(place.dataset.presence, { method: "POST", headers: { "X-CSRFToken": token.value }, redirect: "error" }).then(function (answer) {
      return answer.status === 200 ? answer.text() : null;
    }).then(function (text) {
      if (text === null || place.textContent.trim() === text.trim()) return;
      place.textContent = text.trim();
      place.hidden = !text.trim();
    }).catch(function () {});
  }

  var round = 0;
  function turn() {
    round += 1;
    if (document.hidden || (failures > 3 && round % 6)) return;
    ask();
    if (round % 2 === 0) beHere();
  }

  // Drafts stand in this browser until the server has what was written.
  function keep(name, value) {
    try {
      if (value) localStorage.setItem(name, value);
      else localStorage.removeItem(name);
    } catch (error) { /* a full or closed store costs the draft, nothing else */ }
  }
  function keepDrafts() {
    document.querySelectorAll("[data-draft]").forEach(function (field) {
      if (field.dataset.kept) return;
      field.dataset.kept = "1";
      var name = "orderyard.draft." + field.dataset.draft;
      var written = null;
      try { written = localStorage.getItem(name); } catch (error) { written = null; }
      if (written && !field.value) field.value = written;
      field.addEventListener("input", function () { keep(name, field.value); });
    });
  }
  function forgetSent() {
    var address = new URL(window.location.href);
    var sent = address.searchParams.get("said");
    if (!sent) return;
    var field = document.getElementById("comment-body");
    if (field) {
      keep("orderyard.draft." + field.dataset.draft, "");
      field.value = "";
    }
    address.searchParams.delete("said");
    history.replaceState(null, "", address);
  }

  // Time left, kept fresh between two looks.
  function said(minutes) {
    var days = Math.floor(minutes / 1440), hours = Math.floor(minutes % 1440 / 60), rest = minutes % 60;
    var parts = days ? [["days", days], ["hours", hours]] : hours ? [["hours", hours], ["minutesShort", rest]] : [["minutesShort", Math.max(1, rest)]];
    return parts.filter(function (part) { return part[1]; }).map(function (part) { return window.oyWords(part[0], { count: part[1] }); }).join(" ");
  }
  function tellClocks() {
    var now = Date.now();
    document.querySelectorAll("[data-due]").forEach(function (mark) {
      var left = new Date(mark.dataset.due) - now;
      var word = mark.querySelector("span");
      var still = window.oyWords("left", { span: said(Math.floor(left / 60000)) });
      if (word.textContent.indexOf(window.oyWords("wasLate", { left: "" }).trim()) === 0) {
        if (left > 0) word.textContent = window.oyWords("wasLate", { left: still });
        return;
      }
      word.textContent = left > 0 ? still : window.oyWords("late", { span: said(Math.floor(-left / 60000)) });
      mark.classList.remove("tone-green", "tone-amber", "tone-red");
      mark.classList.add(left <= 0 ? "tone-red" : left <= 3600000 ? "tone-amber" : "tone-green");
    });
  }

  // Choosing several.
  function countChosen() {
    var said = document.querySelector("[data-chosen]");
    if (!said) return;
    var count = document.querySelectorAll("#bulk [name=case]:checked").length;
    said.textContent = count ? window.oyWords(count === 1 ? "chosenOne" : "chosenMany", { count: count }) : window.oyWords("chooseSeveral");
    document.getElementById("bulk-bar").classList.toggle("is-chosen", count > 0);
  }
  var lastRow = null;
  document.addEventListener("focusin", function (event) {
    var row = event.target.closest && event.target.closest("[data-row]");
    if (row) lastRow = row.dataset.row;
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-bulk]");
    if (!button || document.querySelector("#bulk [name=case]:checked")) return;
    var box = lastRow && document.getElementById("tick-" + lastRow);
    if (box) {
      box.checked = true;
      countChosen();
    } else {
      event.preventDefault();
      event.stopPropagation();
      document.querySelector("[data-chosen]").textContent = window.oyWords("chooseFirst");
    }
  }, true);
  document.addEventListener("change", function (event) {
    if (event.target.closest("#bulk")) countChosen();
  });
  function remark(place, text) {
    var line = document.createElement("p");
    line.className = "quiet";
    line.textContent = text;
    place.replaceChildren(line);
  }
  // What is recommended for those that are chosen now, by action, with how many and what it comes to.
  document.addEventListener("click", function (event) {
    var button = event.target.closest('[data-dialog="bulk-resolve"]'), place = document.getElementById("bulk-plan");
    if (!button || !place) return;
    var chosen = Array.from(document.querySelectorAll("#bulk [name=case]:checked"));
    var asked = new URLSearchParams(chosen.map(function (box) { return ["case", box.value]; }));
    remark(place, window.oyWords("looking"));
    fetch(place.dataset.plan + "?" + asked, { headers: { "X-Requested-With": "fetch" }, redirect: "error" }).then(function (answer) {
      if (answer.status !== 200) throw new Error(answer.status);
      return answer.text();
    }).then(function (text) { place.innerHTML = text; }).catch(function () {
      remark(place, window.oyWords("noPlan"));
    });
  });

  // What several proposals come to.
  document.addEventListener("change", function (event) {
    var form = event.target.closest("[data-sum]");
    if (!form) return;
    var chosen = Array.from(form.querySelectorAll("[data-minor]:checked"));
    form.querySelector("[data-sum-count]").textContent = window.oyWords("chosenSum", { count: chosen.length });
    var total = form.querySelector("[data-sum-total]");
    if (!total) return;
    var money = new Intl.NumberFormat(document.body.dataset.locale || (document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang), { style: "currency", currency: total.dataset.currency });
    var sum = chosen.reduce(function (all, box) { return all + Number(box.dataset.minor); }, 0);
    total.textContent = money.format(sum / Math.pow(10, money.resolvedOptions().maximumFractionDigits));
  });

  // A resolution that has to be told something first: its fields open instead of an empty form being sent.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-needs-filling]");
    var fold = button && document.getElementById(button.dataset.needsFilling);
    if (!fold || fold.open) return;
    event.preventDefault();
    fold.open = true;
    var first = fold.querySelector("input, select, textarea");
    if (first) first.focus();
  });

  // A dialog sent with nothing in it would cost the choice of cases: it stays, and says what it lacks.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-needs-one]");
    if (!button) return;
    var fields = button.dataset.needsOne.split(" ").map(function (id) { return document.getElementById(id); });
    if (fields.some(function (field) { return field.value.trim(); })) return;
    event.preventDefault();
    fields.forEach(function (field) { field.setAttribute("aria-invalid", "true"); });
    fields[fields.length - 1].parentElement.querySelector(".wrong").hidden = false;
    fields[0].focus();
  });
  document.addEventListener("input", function (event) {
    if (!event.target.closest("#bulk-assign, #bulk-resolve")) return;
    event.target.closest("dialog").querySelectorAll("[aria-invalid]").forEach(function (field) { field.removeAttribute("aria-invalid"); });
    event.target.closest("dialog").querySelectorAll(".wrong").forEach(function (word) { word.hidden = true; });
  });

  // Taking back, while it can be.
  function countDown() {
    var toast = document.querySelector("[data-undo]");
    if (!toast) return;
    var end = Date.now() + Number(toast.dataset.undo) * 1000;
    var timer = setInterval(function () {
      var left = Math.ceil((end - Date.now()) / 1000);
      if (left > 0 && toast.isConnected) {
        toast.querySelector("[data-undo-left]").textContent = left;
        return;
      }
      clearInterval(timer);
      toast.remove();
      ask();
    }, 250);
  }

  // What was wrong with a field was wrong before it was changed; whether it still is, its effect says.
  document.addEventListener("input", function (event) {
    if (event.target.matches(".params [aria-invalid]")) event.target.removeAttribute("aria-invalid");
  });

  // Addresses without the fields nobody filled in; the browser's own time zone for "tomorrow morning", and for moments that stand in forms.
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-plain-address]")) return;
    Array.from(event.target.elements).forEach(function (field) { if (field.name && !field.value) field.disabled = true; });
  });
  function tellZone() {
    var zone = document.body.dataset.ownZone || Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    document.querySelectorAll("[data-zone]").forEach(function (field) { field.value = zone; });
    document.querySelectorAll("[data-at]").forEach(function (field) {
      var at = new Date(field.dataset.at);
      field.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
      delete field.dataset.at;
    });
  }
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    document.querySelectorAll("[data-plain-address] [disabled]").forEach(function (field) { field.disabled = false; });
    ask();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  // Enter in a field with suggestions takes the closest one, unless a code stands there already; the next Enter sends the form.
  document.addEventListener("keydown", function (event) {
    const field = event.target;
    if (event.key !== "Enter" || !field.matches || !field.matches("[data-closest]") || !field.list) return;
    const codes = Array.from(field.list.options, function (option) { return option.value; });
    const typed = field.value.trim().toUpperCase();
    if (!typed || !codes.length || codes.some(function (code) { return code.toUpperCase() === typed; })) return;
    event.preventDefault();
    field.value = codes[0];
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // Enter in a search inside a form looks for something; it does not send the form.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.matches("[data-no-submit]")) event.preventDefault();
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-show-news]")) window.location.reload();
  });

  forgetSent();
  keepDrafts();
  tellClocks();
  tellZone();
  countChosen();
  countDown();
  beHere();
  setInterval(turn, EVERY_MS);
  setInterval(tellClocks, 30000);
  document.addEventListener("visibilitychange", turn);
  document.addEventListener("htmx:afterSwap", function () { tellZone(); countChosen(); });
})();
