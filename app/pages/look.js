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
