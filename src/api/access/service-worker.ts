// Ends a service worker that another program left in a browser while it had this port: Karo's page has none of its own.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A service worker that replaces the present one, ends itself, and reloads its pages from the daemon. */
const SCRIPT = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil((async () => {
  await registration.unregister()
  for (const page of await clients.matchAll({ type: 'window' })) page.navigate(page.url)
})()))
`

/** True if a browser asks for the script of a service worker, at whatever path it was registered. */
export const asksForWorker = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers['service-worker'] === 'script'

/** Answers with the worker that ends itself. A refusal would leave the foreign worker in the browser. */
export function endWorker(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': Buffer.byteLength(SCRIPT),
    'cache-control': 'no-store',
  })
  response.end(SCRIPT)
}
