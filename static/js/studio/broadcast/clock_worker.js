// Ticks for the picture: a page in the background draws on, its own timers would slow down.
let timer = 0;

self.addEventListener("message", (event) => {
  clearInterval(timer);
  timer = event.data ? setInterval(() => self.postMessage(0), event.data) : 0;
});
