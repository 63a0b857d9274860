// Rules about losing files of one's own: trees that no tool makes again, files emptied, deletions by a search or a list.

import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import {
  type Arg,
  type Args,
  baseName,
  redirectedTo,
  type SimpleCommand,
  says,
  TAINT,
  UNKNOWN,
} from '../../model.ts'
import { unpacks } from '../../writes/option-values.ts'
import {
  foundOnly,
  isOpaque,
  movedAside,
  overwritten,
  type Rules,
  redirected,
  TREE_DELETERS,
} from '../kit.ts'

/** Names of trees that a build, a package manager or a test run makes again. */
const MADE =
  /^(?:\{\}|node_modules|bower_components|vendor|target|build\S*|_build|dist\S*|out|output|bin|obj|coverage|htmlcov|logs?|log|tmp|temp|\.?cache|caches|__pycache__|\.\w+_cache|\.(?:next|nuxt|parcel-cache|turbo|svelte-kit|gradle|terraform|tox|nox|venv|eggs|yarn|pnpm-store|angular|vite|output|vercel|serverless|ccls-cache|clangd|dart_tool|bundle)|\.?venv|env|virtualenv|\S+\.(?:egg-info|dist-info|app|log|tmp|bak|old|orig|swp|o|pyc)|\S*(?:build|cache|tmp|temp|test|tests|example|generated|artifacts?|reports?)|\S*old\S*|CMakeFiles|Pods|DerivedData|site|public|storybook-static|playwright-report|test-results|package-lock\.json|yarn\.lock|\*\S*)$/i

/** The components of the path below the directory that it shares with the working directory, whose own name says nothing. */
function ownParts(path: string, cwd: string): readonly string[] {
  const here = cwd.split('/')
  const parts = path.split('/')
  const shared = parts.findIndex((part, i) => part !== here[i])
  return shared < 0 ? [] : parts.slice(shared)
}

/** Whether a tree outside of temporary directories has a name that does not say that it can be made again. */
function lost(arg: Arg, c: SimpleCommand): boolean {
  const path = resolvePath(arg.text, c.scope)
  const parts = arg.text.includes('..') ? ownParts(path, c.scope.cwd) : arg.text.split('/')
  const isOutside = /^(?:\/(?!home|Users|tmp)|~|\.\.)/.test(arg.text) && !path.startsWith(`${c.scope.cwd}/`)
  return !isOpaque(arg) && baseName(arg.text) !== '' && (isOutside || !parts.some((part) => MADE.test(part)))
}

/** Whether such a tree is not below the directory in which the line was given, where an AI tool does its work. */
function lostElsewhere(arg: Arg, c: SimpleCommand): boolean {
  const { start, cwd, home } = c.scope
  const path = resolvePath(arg.text, c.scope)
  const isMade = path.startsWith(`${home}/`) && MADE.test(baseName(path))
  return lost(arg, c) && !isMade && !path.includes(UNKNOWN) && !path.startsWith(`${start ?? cwd}/`)
}

/** Names of files that people write, and so hardly ever empty; taken for full where nothing is known of the machine. */
const SOURCE =
  /\.(?:py|[cm]?[jt]sx?|c|h|cc|cpp|hpp|rs|go|java|kt|rb|php|pl|sh|sql|html|css|scss|vue|swift|scala|ex|hs|tex|tf|ipynb)$/

/** Names of files that people empty to use them again. */
const USED_AGAIN = /\.(?:log|tmp|out|err|lock|pid|cache|history)$|log$|^\/(?:tmp|dev|proc|sys)\/|^(?:&?\d|-)$/

/** Files that the command leaves empty: by its size, or by writing nothing into them. */
function emptied(c: SimpleCommand, o: Options): Args {
  const names = (): Args => {
    if (/^g?truncate$/.test(c.name))
      return /^0+[kKMG]?B?$/.test(o.value('s', 'size')?.text ?? '') ? o.operands : []
    if (/^(?:cp|install)$/.test(c.name))
      return o.operands[0]?.text === '/dev/null' && !/\/$/.test(o.operands.at(-1)?.text ?? '/')
        ? o.operands.slice(-1)
        : []
    const nothing = c.name === 'dd' ? c.args : redirectedTo(c, /^<$/)
    if (/^(?:tee|dd)$/.test(c.name) && says({ args: nothing }, /^(?:if=)?\/dev\/null$/))
      return overwritten(c, o)
    if (c.name === 'tee' && !o.flag('a', 'append')) return emptiedFirst(c, o, o.operands)
    const isSilent =
      (c.name === '' && c.assignments.length === 0 && c.input.text === '') ||
      /^(?:true|:|false)$/.test(c.name) ||
      (/^(?:echo|printf)$/.test(c.name) &&
        c.args.every(({ text }) => text === '' || text === '-n') &&
        c.args.length > 0) ||
      (c.name === 'cat' && c.args[0]?.text === '/dev/null')
    const into = redirectedTo(c, /^(?:>|>\||&>)$/)
    return isSilent ? into : emptiedFirst(c, o, into)
  }
  return names().filter(
    (arg) => arg.text !== '' && !(isOpaque(arg) && arg.text.includes(UNKNOWN)) && !USED_AGAIN.test(arg.text),
  )
}

/** Which of `into` are lost: the shell empties them before this command, or one that it reads from, reads them. */
function emptiedFirst({ name, input, scope }: SimpleCommand, { operands }: Options, into: Args): Args {
  const path = ({ text }: Arg): string => resolvePath(text, scope)
  const read = [...(input.from ?? []), ...(/^(?:echo|printf|print|tee)$/.test(name) ? [] : operands)].map(
    path,
  )
  return into.filter((arg) => read.includes(path(arg)))
}

/** Whether the command fills a file with zeros, noise or an empty image. Mostly the file is new; over one that is there it is asked. */
const isFilledAnew = ({ name, args }: SimpleCommand): boolean =>
  name === 'dd' ? says({ args }, /^if=\/dev\/(?:zero|u?random)$/) : name === 'qemu-img'

/** Settings of ssh that run a command when a connection is made. */
const RUNS_AT_LOGIN = /\b(?:Proxy|Local|KnownHosts)Command\b|\bMatch\s+exec\b/i
const PERSISTS = {
  finds: `
    * changes<later>
    * changes<sshsettings> words<login>?`,
  named: { login: RUNS_AT_LOGIN },
}

/** What the rules of searches name: deletions, and files that are made again or left over. */
const SEARCHES = {
  elsewhere: lostElsewhere,
  deletes: /^(?:-delete|rm|unlink)$/,
  made: /^(?:\*?\.?(?:pyc|pyo|o|tmp|bak|orig|rej|swp|class|DS_Store|map|log\S*|gz|old)|\*~|__pycache__|node_modules|Thumbs\.db|core)$/,
}

export const TREE_RULES: Rules = [
  {
    id: 'tool-rm-tree',
    level: 'high',
    caller: 'tool',
    why: 'An AI tool deletes a tree, or what a search finds, outside of its working directory.',
    finds: `
      ${TREE_DELETERS} trees!@temporary<elsewhere>
      find|gfind words<deletes>? tops!@temporary<elsewhere> !-empty !-name|-iname=<made>`,
    named: SEARCHES,
    safer: movedAside,
    example: 'rm -rf ../other',
    yields: true,
  },
  {
    id: 'rm-tree',
    level: 'moderate',
    why: 'Deletes a whole tree, and nothing in its name says that it can be made again.',
    finds: `${TREE_DELETERS} trees!@temporary<lost>`,
    named: { lost },
    safer: movedAside,
    example: 'rm -rf src',
    yields: true,
  },
  {
    id: 'find-deletes',
    level: 'moderate',
    why: 'Deletes whatever the search finds.',
    finds: 'find|gfind|fd|fdfind tops!@temporary? words<deletes> !-empty !-name|-iname|-e|--extension=<made>',
    named: SEARCHES,
    safer: foundOnly,
    example: 'find . -mtime +7 -delete',
    yields: true,
  },
  {
    id: 'file-lost',
    level: 'high',
    why: 'Empties a file that has something in it, and nothing brings that back.',
    tools: ['*'],
    when: (c, o) => {
      const holds = ({ text }: Arg) => c.scope.machine?.holds?.(resolvePath(text, c.scope))
      const full = (arg: Arg) => holds(arg) ?? SOURCE.test(arg.text)
      return [...emptied(c, o).filter(full), ...(isFilledAnew(c) ? overwritten(c, o).filter(holds) : [])]
    },
    safer: redirected((command, file) =>
      command.split(' ').includes(file) ? `${command} > ${file}.new && mv ${file}.new ${file}` : undefined,
    ),
    example: '> main.py',
  },
  {
    id: 'file-emptied',
    level: 'moderate',
    why: 'Empties the file; what was in it is lost.',
    tools: ['*'],
    when: emptied,
    example: 'truncate -s 0 data.csv',
    yields: true,
  },
  {
    id: 'unpack-over-root',
    level: 'high',
    why: 'Unpacks over the whole system: what the archive holds replaces files of the same name.',
    finds: `
      tar|bsdtar|gtar -C|--directory=<root> ~unpacks
      _ -P|--absolute-names ~unpacks
      unzip -d=<root>
      cpio -D|--directory=<root> -i|--extract
      _ -i|--extract --absolute-filenames`,
    named: {
      root: ({ text }, { scope }) => resolvePath(text, scope) === '/',
      unpacks: (_arg, { args }) => unpacks(args),
    },
    example: 'tar xf backup.tar -C /',
    yields: true,
  },
  {
    id: 'listed-unseen',
    level: 'moderate',
    why: 'Deletes the files that a list names; the line does not show them.',
    finds: 'rm|grm|srm|unlink|shred <listed>',
    named: { listed: (arg) => (arg.taint & TAINT.file) !== 0 && isOpaque(arg) },
    example: 'xargs -a list rm',
  },
  {
    id: 'persists',
    level: 'moderate',
    why: 'Has something run from now on whenever a shell, a session, a service or the machine starts.',
    ...PERSISTS,
    example: 'cp job.service /etc/systemd/system/job.service',
  },
  {
    id: 'tool-persists',
    level: 'high',
    caller: 'tool',
    why: 'An AI tool has something run later, or lets somebody log in, and nobody judges that when it happens.',
    finds: `${PERSISTS.finds}
      * changes<unasked>
      claude|codex|gemini|copilot mcp add|add-json
      gemini extensions install|link
      claude|copilot plugin install`,
    named: PERSISTS.named,
    example: 'cp check.sh .git/hooks/pre-commit',
  },
]
