// Runs before anything is painted: sets the theme that the person chose, or the system's.
(() => {
  let chosen;
  try {
    chosen = JSON.parse(localStorage.getItem("trafficinator.preferences") ?? "{}").theme;
  } catch {
    // Storage is closed or holds something else: the system decides.
  }
  if (chosen !== "dark" && chosen !== "light") {
    chosen = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.dataset.theme = chosen;
})();
