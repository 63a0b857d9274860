// Opens an address in the person's browser without telling it to others of this machine, who see the arguments of programs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Env } from '../../config/paths.ts'

/**
 * False where there is no display or no `xdg-open`. The browser is given a file that only this person can read, and that
 * leads to the address: the address itself has a code, and arguments of programs are no secret.
 */
export async function openBrowser(address: string, env: Env): Promise<boolean> {
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return false
  try {
    return await start('xdg-open', pageTo(address, env), env)
  } catch {
    // A directory that cannot be written: the person opens the printed address.
    return false
  }
}

/** A page that goes on to the address. It stays until the session of the desktop ends; the code in it holds for a minute. */
function pageTo(address: string, env: Env): string {
  const path = join(mkdtempSync(join(env.XDG_RUNTIME_DIR ?? tmpdir(), 'karo-dashboard-')), 'open.html')
  // The address is made of a host, a port and base64url, none of which means anything in HTML.
  const page = `<!doctype html><title>Karo</title><meta http-equiv="refresh" content="0;url=${address}"><a href="${address}">Karo</a>\n`
  writeFileSync(path, page, { mode: 0o600 })
  return path
}

async function start(program: string, path: string, env: Env): Promise<boolean> {
  const child = spawn(program, [path], { stdio: 'ignore', detached: true, env: { ...env } })
  child.unref()
  return once(child, 'spawn').then(
    () => true,
    () => false,
  )
}
