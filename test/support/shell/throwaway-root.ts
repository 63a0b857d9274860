// A root that can be thrown away: command lines really run in it, and what they did to its files is measured.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { CheckOptions } from '../../../src/assist/risk/index.ts'
import { atEnd } from '../run/processes.ts'

type Shell = NonNullable<CheckOptions['shell']>

export interface Outcome {
  /** What was there before and is gone, cut, overwritten, moved or locked: `gone home/me/notes.txt`. */
  readonly damage: readonly string[]
  /** Exit status of the shell; 137 when it ran out of time. */
  readonly status: number
}

export interface ThrowawayRoot {
  /** Runs the line as if typed, in a tree as new; then kills whatever it left running. One at a time. */
  run(shell: Shell, line: string): Promise<Outcome>
  close(): void
}

/** Seconds a line gets: what waits longer waits for somebody to type. */
const SECONDS = 1

/** What may change: nobody expects to find it again. */
const SCRATCH =
  /^(?:tmp|var\/tmp|home\/me\/\.(?:cache|local\/share\/fish|config\/fish|\w+_history|viminfo|lesshst|python_history))(?:\/|$)/

/** Directories end with a slash; links have `-> target`. */
const TREE: Readonly<Record<string, string>> = {
  'home/me/.bashrc': 'alias ll="ls -l"\n',
  'home/me/.profile': '. ~/.bashrc\n',
  'home/me/.zshrc': 'autoload -U compinit\n',
  'home/me/.vimrc': 'set nocompatible\n',
  'home/me/.gitconfig': '[user]\n\tname = Me\n\temail = me@example.org\n',
  'home/me/.config/app/settings.toml': 'colour = "blue"\n',
  'home/me/.ssh/id_ed25519': 'a key\n',
  'home/me/.ssh/id_ed25519.pub': 'ssh-ed25519 AAAA me\n',
  'home/me/.ssh/known_hosts': 'host ssh-ed25519 AAAA\n',
  'home/me/.gnupg/pubring.kbx': 'keys\n',
  'home/me/.local/share/karo/guard.toml': "[[deny]]\ncommand = 'x *'\n",
  'home/me/.local/share/karo/config.toml': '[guard]\nprofile = "strict"\n',
  'home/me/.local/share/karo/identity.key': 'secret\n',
  'home/me/Documents/letter.txt': 'Dear …\n',
  'home/me/Documents/taxes/2025.csv': 'a,b\n1,2\n',
  'home/me/Pictures/cat.png': 'PNG\n',
  'home/me/src/other/main.c': 'int main() { return 0; }\n',
  'home/me/src/project/README.md': '# Project\n',
  'home/me/src/project/Makefile': 'all:\n\techo built\nclean:\n\techo clean\n',
  'home/me/src/project/src/app.js': 'console.log(1)\n',
  'home/me/src/project/package.json': '{"name":"project"}\n',
  'home/me/src/project/data/table.csv': 'x\n1\n',
  'home/you/notes.txt': 'mine\n',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nme:x:ID:ID:Me:/home/me:/bin/bash\n',
  'etc/group': 'root:x:0:\nme:x:ID:\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
  'etc/shadow': 'root:*:1::::::\n',
  'etc/sudoers': 'root ALL=(ALL) ALL\n',
  'etc/crontab': '17 * * * * root run-parts /etc/cron.hourly\n',
  'etc/ssh/sshd_config': 'PermitRootLogin no\n',
  'etc/karo/guard.toml': "floor = 'moderate'\n",
  'etc/alternatives': '-> /.ro/alternatives',
  'etc/ld.so.cache': '-> /.ro/ld.so.cache',
  'var/lib/data/table.db': 'rows\n',
  'var/log/app.log': 'started\n',
  'var/tmp/': '',
  'srv/www/index.html': '<p>\n',
  'opt/app/bin/run': '#!/bin/sh\n',
  'root/.bashrc': '\n',
  'boot/vmlinuz': 'kernel\n',
  'mnt/': '',
  'media/': '',
  'tmp/': '',
}

function plant(folder: string, id: number): void {
  for (const [path, content] of Object.entries(TREE)) {
    const at = join(folder, path)
    mkdirSync(path.endsWith('/') ? at : dirname(at), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), at)
    else if (!path.endsWith('/')) writeFileSync(at, content.replaceAll('ID', String(id)))
  }
  chmodSync(join(folder, 'opt/app/bin/run'), 0o755)
  chmodSync(join(folder, 'tmp'), 0o777)
  const project = join(folder, 'home/me/src/project')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Me', '-c', 'user.email=me@example.org', ...args], {
      cwd: project,
      stdio: 'ignore',
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    })
  git('init', '-q', '--template=', '-b', 'main')
  git('add', 'README.md', 'Makefile', 'src', 'package.json')
  git('commit', '-q', '-m', 'first')
}

interface Entry {
  readonly kind: string
  readonly mode: number
  readonly content: string
}

/** Everything below the folder that can be lost. Never follows a link: lines may have planted one. */
function lookAt(folder: string): ReadonlyMap<string, Entry> {
  const out = new Map<string, Entry>()
  const look = (path: string) => {
    const at = join(folder, path)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found === undefined) return
    const mode = found.mode & 0o7777
    if (found.isDirectory()) {
      out.set(path, { kind: 'directory', mode, content: '' })
      for (const name of readdirSync(at)) look(`${path}/${name}`)
    } else if (found.isSymbolicLink()) out.set(path, { kind: 'link', mode: 0, content: readlinkSync(at) })
    // A file that grew beyond this is not what it was.
    else if (found.isFile())
      out.set(path, {
        kind: 'file',
        mode,
        content: found.size > 1_000_000 ? '' : readFileSync(at, 'latin1'),
      })
    else out.set(path, { kind: 'other', mode, content: '' })
  }
  for (const top of new Set(Object.keys(TREE).map((path) => path.split('/', 1)[0] as string))) look(top)
  return out
}

function damageOf(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): readonly string[] {
  const out: string[] = []
  const kept = new Set([...after].filter(([path]) => !SCRATCH.test(path)).map(([, entry]) => entry.content))
  const isEmpty = (path: string) => ![...before.keys()].some((other) => other.startsWith(`${path}/`))
  for (const [path, old] of before) {
    if (SCRATCH.test(path)) continue
    const now = after.get(path)
    if (now === undefined) {
      // What has only got another name is not lost; nor is a directory whose files have moved.
      if (old.kind === 'directory' ? isEmpty(path) : !kept.has(old.content)) out.push(`gone ${path}`)
    } else if (now.kind !== old.kind) out.push(`replaced ${path}`)
    else if (!now.content.startsWith(old.content) || (old.kind === 'link' && now.content !== old.content))
      out.push(`changed ${path}`)
    // Taking rights from the owner, or giving them to everybody.
    else if ((old.mode & 0o700 & ~now.mode) !== 0 || (now.mode & 0o002 & ~old.mode) !== 0)
      out.push(`rights of ${path}`)
  }
  return out
}

function isAsNew(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): boolean {
  if (before.size !== after.size) return false
  for (const [path, old] of before) {
    const now = after.get(path)
    if (now?.kind !== old.kind || now.mode !== old.mode || now.content !== old.content) return false
  }
  return true
}

/** Namespaces need root; the shells and git have to be there as well. */
export function canThrowAway(): { readonly ok: boolean; readonly reason: string } {
  if (process.platform !== 'linux') return { ok: false, reason: 'namespaces exist only on Linux' }
  if (process.getuid?.() !== 0) return { ok: false, reason: 'namespaces need root' }
  for (const tool of ['unshare', 'setpriv', 'git', 'bash', 'zsh', 'fish', 'dash'])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
      return { ok: false, reason: `no ${tool} here` }
  const tried = spawnSync('unshare', [...NAMESPACES, 'mount', '-t', 'proc', 'proc', '/proc'], {
    encoding: 'utf8',
  })
  return tried.status === 0
    ? { ok: true, reason: '' }
    : { ok: false, reason: `unshare: ${tried.stderr.trim()}` }
}

const NAMESPACES = [
  '--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=KILL', '--propagation', 'private',
] // biome-ignore format: a compact table

/** Ids of different runs differ, so that the bound on a user's processes is each root's own. */
let made = 0

export async function createThrowawayRoot(): Promise<ThrowawayRoot> {
  const id = 20_000 + ((process.pid * 8 + made++) % 40_000)
  const folder = mkdtempSync(join(tmpdir(), 'karo-throwaway-'))
  const [tree, root] = [join(folder, 'tree'), join(folder, 'root')]
  mkdirSync(root)
  plant(tree, id)
  const script = new URL('./throwaway-root.bash', import.meta.url).pathname
  const child = spawn('unshare', [...NAMESPACES, 'bash', script, root, tree, String(id)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const answer = answers(lines)
  let open = true
  const close = () => {
    if (!open) return
    open = false
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  atEnd(close)
  const ready = await answer()
  if (ready !== 'ready') {
    close()
    throw new Error(`the throwaway root does not start: ${ready ?? 'it ended'}`)
  }
  const inside = `/proc/${first(child)}/root`
  const asNew = lookAt(inside)
  const ask = async (...words: readonly string[]): Promise<number> => {
    child.stdin.write(words.map((word) => `${word.replaceAll('\0', '')}\0`).join(''))
    const status = await answer()
    if (status === undefined) throw new Error(`the throwaway root ended at: ${words.at(-1)}`)
    return Number(status)
  }
  return {
    close,
    run: async (shell, line) => {
      const status = await ask('run', shell, String(SECONDS), line)
      const after = lookAt(inside)
      const damage = damageOf(asNew, after)
      if (!isAsNew(asNew, after)) {
        await ask('reset')
        if (!isAsNew(asNew, lookAt(inside)))
          throw new Error(`the throwaway root does not recover from: ${line}`)
      }
      return { damage, status }
    },
  }
}

/** The process in the namespaces: the only child of unshare. */
function first(child: ChildProcess): string {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
}

/** One answer after another; undefined when there are no more. */
function answers(lines: Interface): () => Promise<string | undefined> {
  const iterator = lines[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await iterator.next()
    return done ? undefined : value
  }
}
