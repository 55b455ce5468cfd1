// Everything can be read without this script: it sorts, filters, remembers, copies, and loads data on demand.
"use strict";

// Data shards are classic scripts, since a page that was opened from a file may not fetch: each says H.put(key, value).
const H = {
  data: new Map(),
  waiting: new Map(),
  put(key, value) {
    this.data.set(key, value);
    for (const tell of this.waiting.get(key) || []) tell(value);
    this.waiting.delete(key);
  },
  // A promise of the value that the script at `address` (relative to the page) puts under `key`.
  get(key, address) {
    if (this.data.has(key)) return Promise.resolve(this.data.get(key));
    return new Promise((resolve, reject) => {
      const first = !this.waiting.has(key);
      this.waiting.set(key, [...(this.waiting.get(key) || []), resolve]);
      if (!first) return;
      const script = document.createElement("script");
      script.src = address;
      script.onerror = () => { this.waiting.delete(key); reject(new Error("cannot load " + address)); };
      document.head.append(script);
    });
  },
};
window.H = H;
