// Debian's Chromium, driven without its window; where it is missing, tests that need it are skipped and say so.
import { accessSync, constants } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** The first has no window to draw: a third less processor time. */
const PLACES = [
  '/usr/lib/chromium/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

export const CHROMIUM = PLACES.find((path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
})

/** `more`: arguments of Chromium itself. Throws where there is no Chromium. */
export async function openChromium(more: readonly string[] = []): Promise<Browser> {
  if (CHROMIUM === undefined)
    throw new Error(`there is no Chromium here: apt-get install chromium-headless-shell`)
  return chromium.launch({
    executablePath: CHROMIUM,
    // Its own sandbox does not work as root.
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--in-process-gpu', '--disable-dev-shm-usage', ...more],
    ],
  })
}
