// Reads the public sets of requests that `karo ask` is measured with, and splits each into two halves by a hash.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Examples } from '../../src/assist/copilot/examples/index.ts'
import { readPage } from '../../src/assist/copilot/examples/pages.ts'

export interface Item {
  readonly words: string
  /** Commands that the set calls right. */
  readonly right: readonly string[]
  /** Shell text that makes the files which the commands are about. */
  readonly setup?: string
  /** Directory in which the commands run. */
  readonly cwd?: string
}

export interface RequestSet {
  readonly name: string
  readonly building: readonly Item[]
  readonly heldOut: readonly Item[]
  /** Whether the commands hold placeholders such as `{{file}}`, so they can only be compared and not run. */
  readonly isOpen: boolean
  /** Whether only the tool is asked for; the right answers are tools then. */
  readonly isTool?: true
  /** Whether the commands have examples of names and numbers in them, for which nobody asked. */
  readonly isSheet?: true
}

/** Tools of everyday use whose tldr pages are asked for. */
const COMMON =
  'find grep ls cp mv rm chmod chown wc sort uniq cut awk sed tar gzip du df ps kill ss curl ssh scp rsync git docker systemctl journalctl useradd usermod passwd groups id cat head tail less tr tee xargs diff ln mkdir touch stat file which zip unzip wget ping dig ip mount date crontab history jq make npm pip git-commit git-log git-branch git-checkout git-push git-pull git-stash git-diff git-clone docker-ps docker-run docker-exec docker-logs nohup watch tmux openssl ffmpeg lsof free uname env'.split(
    ' ',
  )

const digest = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE()

/** True for the half that may be read while building. The key is a command or tool, so wordings of one stay together. */
const isBuilding = (key: string): boolean => digest(key.replace(/\s+/g, ' ').trim()) % 2 === 0

function split(
  name: string,
  items: readonly (readonly [key: string, item: Item])[],
  isOpen = false,
): RequestSet {
  const half = (building: boolean) =>
    items.filter(([key]) => isBuilding(key) === building).map(([, item]) => item)
  return { name, building: half(true), heldOut: half(false), isOpen }
}

/** NL2Bash: `all.nl` and `all.cm` beside one another. A request that occurs twice may have either command. */
export function readNl2bash(directory: string): RequestSet {
  const lines = (name: string) => readFileSync(join(directory, name), 'utf8').split('\n')
  const commands = lines('all.cm')
  const byWords = new Map<string, [words: string, commands: string[]]>()
  for (const [i, words] of lines('all.nl').entries()) {
    const command = commands[i] ?? ''
    if (words.trim() === '' || command.trim() === '') continue
    const key = words.toLowerCase().replace(/\W+/g, ' ').trim()
    const known = byWords.get(key) ?? [words, []]
    known[1].push(command)
    byWords.set(key, known)
  }
  return split(
    'NL2Bash',
    [...byWords.values()].map(([words, right]) => [right[0] as string, { words, right }] as const),
  )
}

/** InterCode-ALFA: `nl2bash_fs_<n>.json` and the scripts `setup_nl2b_fs_<n>.sh` in one directory. */
export function readAlfa(directory: string): RequestSet {
  const items = readdirSync(directory)
    .filter((name) => /^nl2bash_fs_\d\.json$/.test(name))
    .sort()
    .flatMap((name) => {
      const script = name.replace('nl2bash', 'setup_nl2b').replace('.json', '.sh')
      const setup = readFileSync(join(directory, script), 'utf8').replace(/^#!.*\n/, '')
      const all = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Record<string, string>[]
      const kept = `cat > /${script} <<'KARO_END'\n${setup}\nKARO_END\n`
      return all.map(({ query = '', gold = '', gold2 = '' }) => {
        const right = [gold, gold2].filter((one) => one !== '')
        return [gold, { words: query, right, setup: `${kept}${setup}`, cwd: '/' }] as const
      })
    })
  return split('InterCode-ALFA', items)
}

/** The same descriptions without the tool's name; an answer has to use the tool. One that several tools have may be any of them. */
export function readTldrTools(pages: string): RequestSet {
  const set = readTldr(pages)
  const unnamed = (items: readonly Item[]): readonly Item[] => {
    const byWords = new Map<string, Set<string>>()
    for (const { words } of items) {
      const [, tool = '', does = ''] = /^([^\s:]+)[^:]*: (.+)$/.exec(words) ?? []
      byWords.set(does, (byWords.get(does) ?? new Set()).add(tool))
    }
    return [...byWords].map(([words, tools]) => ({ words, right: [...tools] }))
  }
  return {
    name: 'tldr, common tools, tool not named',
    building: unnamed(set.building),
    heldOut: unnamed(set.heldOut),
    isOpen: true,
    isTool: true,
  }
}

/** tldr pages: the descriptions of the examples of common tools, with the tool's name before each. */
export function readTldr(pages: string): RequestSet {
  const items = ['common', 'linux'].flatMap((part) =>
    readdirSync(join(pages, part))
      .filter((name) => COMMON.includes(basename(name, '.md')))
      .sort()
      .flatMap((name) => {
        const text = readFileSync(join(pages, part, name), 'utf8')
        const tool = basename(name, '.md').replace(/^(git|docker)-/, '$1 ')
        return [...text.matchAll(/^- (.+):\n\n`(.+)`$/gm)].map(
          ([, does = '', command = '']) =>
            [command, { words: `${tool}: ${plain(does)}`, right: [command] }] as const,
        )
      }),
  )
  return split('tldr, common tools', items, true)
}

/**
 * Cheat sheets of others, which nobody reads while building: a file a tool, `# what it does` and the command on the next line. Tools
 * that Karo does not have are left out. All of it is the half that is held out.
 */
export function readSheets(directory: string, isTool: (tool: string) => boolean): RequestSet {
  const heldOut = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isTool(basename(entry.name, '.cheat')))
    .flatMap(({ name }): Item[] => {
      const tool = basename(name, '.cheat')
      const text = readFileSync(join(directory, name), 'utf8')
      return [...text.matchAll(/^#\s*(?:To )?(\S.*?)[.:]?\n(?!#|%|;|\$)(\S.*)(?=\n\s*\n|\n#|\n$|$)/gm)].map(
        ([, does = '', command = '']) => ({
          words: does.toLowerCase().includes(tool) ? does : `${tool}: ${does}`,
          right: [command.replace(/^\$ /, '').replace(/<[^<>\n]*>/g, '{{x}}')],
        }),
      )
    })
  return { name: `cheat sheets, ${basename(directory)}`, building: [], heldOut, isOpen: true, isSheet: true }
}

/** The building half of the examples of pages/common as if a client kept them on this machine. */
export function readTldrExamples(pages: string): Examples {
  return {
    sources: [],
    page(tool) {
      const name = `${tool.replaceAll(' ', '-')}.md`
      const path = join(pages, 'common', name)
      if (!/^[\w.+@-]+$/.test(name) || !existsSync(path)) return undefined
      const text = readFileSync(path, 'utf8').replace(/^- .+\n+`(.+)`$/gm, (whole, command: string) =>
        isBuilding(command) ? whole : '',
      )
      const page = readPage(text)
      return page === undefined ? undefined : { ...page, source: 'tldr' }
    },
  }
}

/** A description without the marks that show which letters an option stands for. */
const plain = (text: string): string => text.replace(/\[([A-Za-z])\]/g, '$1').replaceAll('`', '"')

/** Lines `words => regular expression of right answers`, as in test/corpus; `(nothing)` for no answer. */
export function readOwn(file: string): readonly { words: string; accepts: RegExp }[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(' => ') && !line.startsWith('#'))
    .map((line) => {
      const at = line.lastIndexOf(' => ')
      const form = line.slice(at + 4).trim()
      return { words: line.slice(0, at), accepts: new RegExp(form === '(nothing)' ? '^$' : form) }
    })
}
