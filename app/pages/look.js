// The sidebar starts closed, so that it does not cover a phone's page, and opens itself where there is room.
(function () {
  if (window.innerWidth < 900) return;
  const started = Date.now();
  const open = setInterval(function () {
    const toggle = document.querySelector(".sidebar:not(.open) .toggle-button");
    if (toggle) toggle.click();
    if (toggle || document.querySelector(".sidebar.open") || Date.now() - started > 10000) clearInterval(open);
  }, 50);
})();

// What a search found is inert text in buttons; pressing one tells the page, through a field, which it was.
// On a phone the sidebar would cover what opens, so it goes. A message is gone to once the page says where it is.
(function () {
  const MARKED = 4000, RESTS = 1000, LATEST = 10000;
  let shown = "";

  document.addEventListener("click", function (event) {
    const pressed = event.target.closest("#found button[value]");
    const field = document.querySelector("#found-chosen input, #found-chosen textarea");
    if (!pressed || !field) return;
    const toggle = document.querySelector(".sidebar.open .toggle-button");
    if (window.innerWidth < 900 && toggle) toggle.click();
    if (!pressed.value.startsWith("conversation:")) whenPlaced(goTo);
    field.value = pressed.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Gradio's chat goes to its end some times after it was filled, and would overtake whoever goes elsewhere.
  function whenPlaced(then) {
    const chat = document.querySelector("#chat .bubble-wrap");
    chat.scrollTo = function () {};
    const placed = new MutationObserver(function () {
      const place = document.querySelector("#found-place [data-bubble]");
      if (!place || place.dataset.time === shown) return;
      shown = place.dataset.time;
      then(place.dataset.bubble);
      setTimeout(end, RESTS);
    });
    function end() {
      placed.disconnect();
      delete chat.scrollTo;
    }
    placed.observe(document.querySelector("#found-place"), { childList: true, subtree: true });
    setTimeout(end, LATEST);
  }

  // The message takes the focus, so that it is read out and keys go on from there, and a mark that fades.
  function goTo(number) {
    requestAnimationFrame(function () {
      const bubble = document.querySelectorAll("#chat .message")[number];
      if (!bubble) return;
      const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      bubble.tabIndex = -1;
      bubble.focus({ preventScroll: true });
      bubble.scrollIntoView({ block: "start", behavior: isCalm ? "instant" : "smooth" });
      bubble.classList.add("bezel-found");
      setTimeout(function () { bubble.classList.remove("bezel-found"); }, MARKED);
    });
  }
})();
