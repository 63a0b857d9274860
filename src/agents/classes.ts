// The classes of actions as one table: what an action is called, how red it is, and which names of tools mean it.
import type { ActionClass } from './types.ts'

/** The reddest first. */
export const ACTION_CLASSES = ['critical', 'high', 'medium', 'low', 'green'] as const

interface Kind {
  readonly kind: string
  readonly class: ActionClass
  /** Words of a tool's name, in their order; several tools have them. Matched in whole words. */
  readonly names: readonly string[]
}

/**
 * Read from the top, so that Red is tested before Green: `search_and_delete` deletes. A name that no row has is Unknown, and
 * that is Critical. Green kinds are named by what the tool does first, because any tool may have a file or a list in its name.
 */
const KINDS: readonly Kind[] = [
  {
    kind: 'DeleteFile',
    class: 'critical',
    names: 'delete;remove;rm;clear;flush;rmdir;unlink;erase;purge;wipe;truncate;drop;destroy;format'.split(
      ';',
    ),
  },
  {
    kind: 'TransferAsset',
    class: 'critical',
    names: 'transfer;pay;payment;purchase;buy;sell;withdraw;trade;checkout order'.split(';'),
  },
  {
    kind: 'EditFile',
    class: 'high',
    names:
      'edit;modify;update;write;patch;replace;move;rename;append;apply;overwrite;set;insert;restore'.split(
        ';',
      ),
  },
  {
    kind: 'ExecuteCommand',
    class: 'high',
    names: 'exec;execute;command;shell;bash;terminal;eval;spawn;process start;sql;ssh;sudo'.split(';'),
  },
  {
    kind: 'ModifySystem',
    class: 'high',
    names:
      'chmod;chown;mount;reset;kill;stop;restart;reboot;shutdown;enable;disable;configure;config set;grant;revoke;user;permission;permissions;service'.split(
        ';',
      ),
  },
  {
    kind: 'CreateFile',
    class: 'medium',
    names: 'create;make;mkdir;touch;new;add;copy;save;upload;store'.split(';'),
  },
  { kind: 'SendEmail', class: 'medium', names: 'send;email;mail;message;notify;reply;comment'.split(';') },
  {
    kind: 'ExternalCall',
    class: 'medium',
    names: 'fetch;http;request;call;post;put;download;browse;navigate;open url;webhook;curl;api'.split(';'),
  },
  { kind: 'Deploy', class: 'medium', names: 'deploy;rollout;release;rollback'.split(';') },
  { kind: 'Publish', class: 'medium', names: 'publish;merge;share'.split(';') },
  {
    kind: 'RunScript',
    class: 'low',
    names: 'run script;run test;run tests;run build;test;tests;build;lint;compile'.split(';'),
  },
  { kind: 'Install', class: 'low', names: ['install'] },
  { kind: 'Commit', class: 'low', names: ['commit'] },
  { kind: 'Push', class: 'low', names: ['push'] },
  { kind: 'ReadFile', class: 'green', names: ['read', 'cat', 'head', 'tail'] },
  { kind: 'ListDirectory', class: 'green', names: ['list', 'ls', 'directory tree', 'tree'] },
  { kind: 'Search', class: 'green', names: ['search', 'grep', 'lookup', 'match'] },
  { kind: 'CheckLogs', class: 'green', names: ['check logs', 'logs', 'log'] },
  { kind: 'GetSystemInfo', class: 'green', names: ['get', 'describe', 'info', 'stat', 'version', 'whoami'] },
  { kind: 'ViewFile', class: 'green', names: ['view', 'show', 'print', 'preview'] },
  { kind: 'Find', class: 'green', names: ['find', 'locate'] },
  { kind: 'Query', class: 'green', names: ['query', 'count', 'count lines', 'compare', 'diff', 'echo'] },
  { kind: 'Status', class: 'green', names: ['status', 'health', 'ping', 'progress'] },
]

/** Members of a tool's arguments that hold code for a shell. */
export const SHELL_ARGUMENTS: readonly string[] = [
  'command',
  'cmd',
  'script',
  'code',
  'shell_command',
  'commandLine',
]

/** The command of a person or a tool, as `Action.tool` names it. */
export const EXEC = 'exec'

export interface Kinded {
  readonly kind: string
  readonly class: ActionClass
}

const UNKNOWN: Kinded = { kind: 'Unknown', class: 'critical' }

/** The words of `readTextFile`, `read_text_file` and `fs.read-text-file`, in small letters. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .trim()
    .toLowerCase()

/**
 * Of a tool's name alone: `readOnly`, which the tool says of itself, is needed for Green and makes nothing Green. Only ASCII letters
 * and digits count: a name made to look like another is Unknown.
 */
export function kindOf(tool: string, readOnly = true): Kinded {
  if (!/^[\w.:/ -]{1,128}$/.test(tool)) return UNKNOWN
  const words = ` ${wordsOf(tool)} `
  for (const { kind, class: of, names } of KINDS) {
    const has = names.some((name) =>
      of === 'green' ? words.startsWith(` ${name} `) : words.includes(` ${name} `),
    )
    if (has) return { kind, class: of === 'green' && !readOnly ? 'low' : of }
  }
  return UNKNOWN
}

const rankOf = (of: ActionClass): number => ACTION_CLASSES.indexOf(of)

/** The redder of two classes. */
export const redder = (a: ActionClass, b: ActionClass): ActionClass => (rankOf(a) <= rankOf(b) ? a : b)

/** Whether `a` is redder than `b`. */
export const isRedder = (a: ActionClass, b: ActionClass): boolean => rankOf(a) < rankOf(b)

/** Seconds that a grant or an approval for a task lasts, by how much harm it can do; Critical ones are used once. */
export const LASTS_SECONDS: Readonly<Record<ActionClass, number>> = {
  critical: 60,
  high: 60,
  medium: 300,
  low: 3_600,
  green: 3_600,
}
