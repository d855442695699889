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
document.addEventListener("click", function (event) {
  const pressed = event.target.closest("#found button[data-message]");
  const field = document.querySelector("#found-message input, #found-message textarea");
  if (!pressed || !field) return;
  field.value = pressed.dataset.message;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
