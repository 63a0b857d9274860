// Runs two commands in jails without network over the same made-up files, and compares what they print and leave behind.
import { spawnSync } from 'node:child_process'
import type { Item } from './sets.ts'

const BOUND = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'].flatMap((path) => [
  '--ro-bind-try',
  path,
  path,
])
/** Seconds that one command may take. */
const SECONDS = 4
const MARK = '--karo-state--'

interface Ran {
  readonly printed: string
  readonly state: string
}

/** What a command prints, line order left out, and which files there are afterwards; undefined if it cannot be run. */
function run(command: string, setup: string, cwd: string): Ran | undefined {
  const script = `exec 3>&1 >/dev/null 2>&1
mkdir -p '${cwd}' /tmp /home/user; cd '${cwd}'
${setup}
cd '${cwd}'
timeout ${SECONDS} bash -c "$KARO_COMMAND" >/tmp/.karo-out 2>/dev/null </dev/null
head -c 200000 /tmp/.karo-out >&3; rm -f /tmp/.karo-out
printf '\\n${MARK}\\n' >&3
find / -xdev ! -path '/proc*' ! -path '/dev*' -printf '%p %y %m %u %g %l\\n' | sort >&3
find / -xdev -type f -size -64k -exec md5sum {} + | sort >&3`
  const { stdout, status } = spawnSync(
    'bwrap',
    ['--unshare-all', '--die-with-parent', '--new-session', '--tmpfs', '/', ...BOUND, '--proc', '/proc', '--dev', '/dev',
      '--setenv', 'HOME', '/home/user', '--setenv', 'LC_ALL', 'C.UTF-8', '--setenv', 'KARO_COMMAND', command, 'bash', '-c', script],
    { encoding: 'utf8', timeout: (SECONDS + 6) * 1_000, maxBuffer: 8_000_000 },
  ) // biome-ignore format: arguments in pairs
  const at = stdout?.indexOf(`\n${MARK}\n`) ?? -1
  if (status === null || at < 0) return undefined
  const lines = stdout
    .slice(0, at)
    .split('\n')
    .map((line) =>
      line
        .replace(/(?<=^|\s)\.\//g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
  return {
    printed: lines
      .filter((line) => line !== '')
      .sort()
      .join('\n'),
    state: stdout.slice(at + MARK.length + 2),
  }
}

/** Whether the answer does what one of the right commands does. False if neither prints more than a zero nor changes anything. */
export function doesTheSame(answer: string, item: Item): boolean {
  const setup = item.setup ?? filesFor(item.right)
  const cwd = item.cwd ?? '/work'
  const before = run(':', setup, cwd)
  const own = run(answer, setup, cwd)
  if (before === undefined || own === undefined) return false
  if (/^0?$/.test(own.printed) && own.state === before.state) return false
  return item.right.some((command) => {
    const right = run(command, setup, cwd)
    return right !== undefined && right.printed === own.printed && right.state === own.state
  })
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Shell text that makes files such as the commands are about: their places, names, contents, ages, sizes and modes. */
function filesFor(commands: readonly string[]): string {
  const all = commands.join(' ')
  const words = [...all.matchAll(/"([^"$`]*)"|'([^']*)'|([^\s'"|;&()<>`$]+)/g)].map(
    ([, a, b, c]) => a ?? b ?? c ?? '',
  )
  const names = [...all.matchAll(/-i?name\s+(?:"([^"]*)"|'([^']*)'|(\S+))/g)]
    .map(([, a, b, c]) => (a ?? b ?? c ?? '').replace(/\\/g, ''))
    .map((name) =>
      name
        .replace(/\[!?(.)[^\]]*\]/g, '$1')
        .replaceAll('*', 'xy')
        .replaceAll('?', 'q'),
    )
    .filter((name) => name !== '' && !name.includes('/'))
  const places = words.filter(
    (word) => /^(?:\/|\.{1,2}\/|~\/)?[\w.@+-]+(?:\/[\w.@+-]+)*\/?$/.test(word) && !word.startsWith('-'),
  )
  const directories = places.filter(
    (word) => /\//.test(word) && !/\.\w{1,5}$/.test(word) && !/^\/(?:usr|bin|etc|dev|proc|lib)\b/.test(word),
  )
  const files = places.filter((word) => /\.\w{1,5}$/.test(word) && !/^\d/.test(word))
  const texts = words.filter((word) => word.length > 1 && !/^[-/]/.test(word)).slice(0, 12)
  const lines = [
    'hello world',
    'foo bar',
    'a,b,c',
    'x:y:z',
    '1 2 3',
    '',
    'hello world',
    ...texts.map((text) => text.replace(/[\\^$*]/g, '')),
  ]
  const text = `printf '%s\\n' ${lines.map(quoted).join(' ')}`
  return `fill() { ( mkdir -p "$1" && cd "$1" || exit
${text} > a.txt; echo other > B.txt; echo old > b.log; touch -d '90 days ago' b.log; touch -d '3 days ago' B.txt
: > empty; mkdir -p emptydir sub/deep; echo php > sub/c.php; ${text} > sub/deep/d.txt; echo h > .hidden
ln -s a.txt link; ln -s nowhere broken; echo run > run.sh; chmod 755 run.sh; echo all > open.html; chmod 777 open.html
truncate -s 120M big.bin; head -c 5000 /dev/zero > five.jpg; touch -d '2 hours ago' five.jpg; touch -d '400 days ago' sub/c.php; touch -a -d '50 days ago' B.txt
${names.map((name) => `${text} > ${quoted(name)}; echo deep > sub/${quoted(name)}; touch -d '40 days ago' sub/${quoted(name)}; echo up > ${quoted(name.toUpperCase())}`).join('\n')}
) }
fill . ; fill ~
${[...new Set(directories)]
  .slice(0, 6)
  .map((word) => `fill ${word.replace(/\/$/, '')}`)
  .join('\n')}
${[...new Set(files)]
  .slice(0, 6)
  .map((word) => `mkdir -p "$(dirname ${word})"; [ -e ${word} ] || ${text} > ${word}`)
  .join('\n')}`
}
