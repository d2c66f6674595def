// The search runs in a worker, and browsers start none for pages that are read from the disk. There
// a hidden frame does a worker's work. Served pages are left alone.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inner = frame.contentWindow;
      // Taken before the worker's own `postMessage`, which speaks to this page, is put in its place.
      this.send = inner.postMessage.bind(inner);
      addEventListener("message", (event) => {
        if (event.source === inner) {
          this.dispatchEvent(new MessageEvent("message", { data: event.data }));
        }
      });
      const answer = "postMessage = (data) => parent.postMessage(data, '*')";
      inner.document.open();
      inner.document.write(`<script>${answer}</script><script src="${url}"></script>`);
      inner.document.close();
    }

    postMessage(data) {
      this.send(data, "*");
    }
  };
}
