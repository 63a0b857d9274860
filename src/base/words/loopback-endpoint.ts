// Addresses of servers on this machine, which an agent may have in place of a command.

/** Characters of one address. */
const MOST = 256
/** Without a user, a query or a fragment, in which a secret might stand. */
const FORM = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:\/[\w.~%!$&'()*+,;=:@/-]*)?$/

/**
 * The address of `text` in its one form; undefined for anything but http at 127.0.0.1 or [::1]. `localhost` is 127.0.0.1, so
 * that no name is ever looked up.
 */
export function loopbackEndpoint(text: string): URL | undefined {
  if (text.length > MOST || !FORM.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.port === '0') return undefined
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1'
  return url
}

/** Whether a command is meant as an address, which may still be none that counts. */
export const isAddress = (word: string): boolean => /^https?:\/\//i.test(word)

/**
 * The address of an agent whose server runs already, outside of any jail. The address takes the place of the command of
 * other agents; undefined for a command.
 */
export const endpointOf = (argv: readonly string[]): URL | undefined =>
  argv.length === 1 ? loopbackEndpoint(argv[0] ?? '') : undefined

/** The capability without which nothing connects to it. */
export const connectTo = ({ hostname, port }: URL): string => `net.connect:${hostname}:${port || '80'}`
