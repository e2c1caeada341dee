/* Answers in place of a service that cannot be reached: with one page, on which things can be kept until it can.
   Everything else goes its way untouched. The page is of whoever was last here, and goes when they sign out. */
"use strict";
const NAME = "cellcustody.shell", SHELL = "/outbox/shell", FRESH = 600_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => { if (event.data?.keep) event.waitUntil(keep(event.data.keep).catch(() => {})); });

async function keep(person) {
  const cache = await caches.open(NAME), known = await cache.match(SHELL);
  if (known && known.headers.get("x-person") === person && Date.now() - Number(known.headers.get("x-kept")) < FRESH) return;
  const answer = await fetch(SHELL, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) return;
  const text = await answer.text(), needed = new Set(text.match(/\/static\/[^"]+/g));
  await cache.addAll([...needed]);
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": answer.headers.get("content-security-policy"), "x-person": person, "x-kept": String(Date.now()) };
  await cache.put(SHELL, new Response(text, { headers }));
  for (const each of await cache.keys()) {
    const { pathname } = new URL(each.url);
    if (pathname !== SHELL && !needed.has(pathname)) await cache.delete(each);
  }
}

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(fetch(event.request).catch(() => instead(SHELL)));
  else if (new URL(url).pathname.startsWith("/static/")) event.respondWith(fetch(event.request).catch(() => instead(url)));
});

async function instead(address) {
  const kept = await (await caches.open(NAME)).match(address);
  return kept ?? Response.error();
}
