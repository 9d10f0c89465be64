// The socket to the server: hello, pieces out, figures in; and how much of it waits here.

/**
 * Connect and say hello. `on` has welcome(frame), live(frame), stats(frame) and closed(code); closed
 * is called once, whatever ends the connection.
 */
export function connect(url, hello, on) {
  const base = url.charAt(0) === "/"
    ? (window.location.protocol === "https:" ? "wss://" : "ws://") + window.location.host
    : "";
  const socket = new WebSocket(base + url);
  let over = false;

  function finish(code) {
    if (!over) {
      over = true;
      window.clearTimeout(patience);
      on.closed(code);
    }
  }

  // A handshake into nowhere: a phone that changed its network waits minutes for the answer.
  const patience = window.setTimeout(() => {
    if (!over) {
      socket.close();
      finish(1006);
    }
  }, 10000);

  socket.addEventListener("open", () => {
    socket.send(JSON.stringify(Object.assign({ type: "hello" }, hello)));
  });
  socket.addEventListener("message", (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "welcome") {
      window.clearTimeout(patience);
    }
    if (!over && on[frame.type]) {
      on[frame.type](frame);
    }
  });
  socket.addEventListener("close", (event) => finish(event.code));

  return {
    /** Send a piece of the recording, a Blob. */
    send(piece) {
      if (!over && socket.readyState === 1) {
        socket.send(piece);
      }
    },
    /** Say that the recording begins now: the server's clock of the programme starts from it. */
    began() {
      if (!over && socket.readyState === 1) {
        socket.send('{"type":"began"}');
      }
    },
    /** Say goodbye: the server writes what it has, then closes with 1000. */
    stop() {
      if (socket.readyState === 1) {
        socket.send('{"type":"stop"}');
      }
    },
    /** Give up without a word; `closed` is called with `code`. */
    drop(code) {
      socket.close();
      finish(code);
    },
    /** Bytes that wait here for the line. */
    waiting() {
      return over ? 0 : socket.bufferedAmount;
    },
  };
}
