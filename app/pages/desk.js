// The desk by keyboard: each key presses what a mouse would, and none does while somebody types.
(function () {
  const buttons = {
    n: "next-case", s: "show-text", d: "decide", z: "undo", k: "keep", g: "release", y: "agree", r: "refresh",
  };
  const shown = function (element) { return element && element.offsetParent !== null; };
  const types = function (element) {
    return element && (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)
      || (element.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(element.type)));
  };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || types(event.target)) return;
    const key = event.key;
    let target = null;
    if (key === "?") target = document.querySelector("#keys summary");
    else if (key === "f") target = document.querySelector("#filters > button, #filters .label-wrap");
    else if (/^[1-4]$/.test(key)) target = document.querySelectorAll("#ruling input[type=radio]")[Number(key) - 1];
    else if (Object.hasOwn(buttons, key)) target = document.getElementById(buttons[key]);
    if (!shown(target) && !(target && shown(target.closest("label")))) return;
    event.preventDefault();
    target.click();
  });
})();
