// Tools with a grammar of their own that run commands given to them: find, xargs, parallel, docker, git, tmux, tar, …

import { readOptions, valueOptions } from '../line/options.ts'
import { words } from '../lookup.ts'
import {
  type Arg,
  type Args,
  linesIn,
  type Output,
  placeIn,
  SOMETHING,
  says,
  TAINT,
  UNKNOWN,
  withoutOptions,
} from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { git } from './git-carrier.ts'
import {
  behindDashes,
  type Carrier,
  commandLayer as command,
  commandIn,
  enterWrapper,
  type InnerCommand,
  item,
  joined,
  type Layer,
  NOTHING,
  scriptLayer as scriptWords,
} from './layers.ts'
import { fdCommandAt, fdTargets, findTargets, MAX_LISTED } from './listings.ts'
import { toolCarrierNames, toolCarrierOf } from './tool-carriers.ts'
import type { Wrapper } from './wrappers.ts'

function replaced(words: Args, marker: string, items: Args): Arg[] {
  return words.flatMap((word) =>
    word.text === marker
      ? items
      : word.text.includes(marker)
        ? items.slice(0, 1).map((one) => ({
            ...word,
            text: word.text.replaceAll(marker, one.text),
            taint: word.taint | one.taint,
          }))
        : [word],
  )
}

/**
 * The command with the items in place of the marker: all items at once, or one command each if the marker is part of a
 * word or the program.
 */
function onEach(words: Args, marker: string, items: Args): readonly InnerCommand[] {
  const within = words.some((word, i) => word.text.includes(marker) && (i === 0 || word.text !== marker))
  const rounds = within && items.length > 1 ? items.slice(0, MAX_LISTED).map((one) => [one]) : [items]
  return rounds.flatMap((round) => command(replaced(words, marker, round)).commands)
}

function xargs(args: Args, input: Output): Layer {
  const wrapper: Wrapper = { values: valueOptions('xargs') }
  const head = [args[0] ?? item('', { text: '', span: [0, 0], taint: 0 }), ...args]
  const { start } = enterWrapper(wrapper, head)
  const words = head.slice(start)
  if (words.length === 0) return NOTHING
  const near = words[0]!
  const own = args.slice(0, start - 1)
  const options = readOptions('xargs', own)
  const marker = markerOf(own)
  const file = options.value('a', 'arg-file')
  const source =
    file?.output ?? (file === undefined ? input : { text: undefined, taint: TAINT.opaque | TAINT.file })
  const whole = marker !== undefined || options.flag('0', 'null', 'd', 'delimiter') !== undefined
  const items =
    source.text === undefined
      ? source.under === undefined
        ? [{ ...near, text: UNKNOWN, taint: source.taint | TAINT.opaque, from: source.from }]
        : source.under.map((text) => item(text, near))
      : source.text
          .split(whole ? /[\n\0]+/ : /[\s\0]+/)
          .map((text) => (whole ? text.trim() : text.replace(/["'\\]/g, '')))
          .filter((text) => text !== '')
          .slice(0, 100)
          .map((text) => ({ text, span: near.span, taint: source.taint }))
  return marker === undefined
    ? command([...words, ...items])
    : { ...NOTHING, commands: onEach(words, marker, items) }
}

function markerOf(options: Args): string | undefined {
  for (const [i, word] of options.entries()) {
    if (word.text === '-I' || word.text === '-J') return options[i + 1]?.text
    if (/^-[a-zA-Z0-9]*i$/.test(word.text)) return '{}'
    if (/^-[IJi]./.test(word.text)) return word.text.slice(2).replace(/^=/, '')
    if (/^-[0rtpx]+I$/.test(word.text)) return options[i + 1]?.text
    if (/^--rep\w*=/.test(word.text)) return word.text.replace(/^[^=]*=/, '')
    if (/^--rep\w*$/.test(word.text)) return '{}'
  }
  return undefined
}

function find(args: Args): Layer {
  const { items } = findTargets(args)
  const commands: InnerCommand[] = []
  for (let i = 0; i < args.length; i++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(args[i]!.text)) continue
    const end = args.findIndex((arg, at) => at > i && /^(?:;|\+)$/.test(arg.text))
    const words = args.slice(i + 1, end < 0 ? undefined : end)
    const found = words[0]?.text === '{}' ? [item(SOMETHING, words[0]), ...items] : items
    if (words.length > 0) commands.push(...onEach(words, '{}', found))
    i += words.length
  }
  return { ...NOTHING, commands }
}

function fd(args: Args): Layer {
  const at = fdCommandAt(args)
  const words = at < 0 ? [] : args.slice(at + 1)
  if (words.length === 0) return NOTHING
  const found = fdTargets(args).map((text) => item(text, words[0]!))
  const marked = words.some((word) => word.text.includes('{}'))
  return marked ? { ...NOTHING, commands: onEach(words, '{}', found) } : command([...words, ...found])
}

/** The lines of an input as words; one unknown word if they are not known. */
function linesOf(source: Output, near: Arg): Args {
  const { taint } = source
  const lines = linesIn(source)
  if (lines === undefined) return [{ ...near, text: UNKNOWN, taint: taint | TAINT.opaque, from: source.from }]
  return lines.slice(0, MAX_LISTED).map((line) => ({ text: line, span: near.span, taint }))
}

function parallel(args: Args, input: Output): Layer {
  const split = placeIn(args, /^:::/)
  const wrapper: Wrapper = { values: valueOptions('parallel') }
  const head = [args[0]!, ...(split < 0 ? args : args.slice(0, split))]
  const near = args[0] ?? { text: '', span: [0, 0] as const, taint: TAINT.none }
  const words = args.length === 0 ? [] : head.slice(enterWrapper(wrapper, head).start)
  const files = split >= 0 && args[split]!.text.startsWith('::::')
  const file = files ? args[split + 1] : readOptions('parallel', head.slice(1)).value('a', 'arg-file')
  const source = file === undefined ? input : (file.output ?? { text: undefined, taint: TAINT.opaque })
  const given = split >= 0 && !files ? args.slice(split + 1).slice(0, MAX_LISTED) : linesOf(source, near)
  // Without input the command is judged as it stands.
  const fills = given.length === 0 ? [{ ...near, text: '' }] : given
  const scripts = fills.map((one) => {
    const all =
      words.length === 0
        ? [one]
        : words.some((word) => word.text.includes('{}'))
          ? replaced(words, '{}', [one])
          : [...words, one]
    return joined(all)
  })
  // Words that the line quotes may also reach the command as they are: with -q, or by another parallel.
  const apart = says({ args: words }, /\s/) ? fills.flatMap((one) => onEach(words, '{}', [one])) : []
  return { ...NOTHING, scripts, commands: apart }
}

/** Words of `tmux send-keys` that are names of keys. */
const KEY = /^(?:[CMS]-.+|[BNP]?[A-Z][a-z]+|F\d+)$/

/** A new window runs the words behind its options as one command; words for send-keys are typed into a shell. */
function tmux(args: Args): Layer {
  const at = placeIn(
    args,
    /^(?:new|new-session|neww|new-window|send-keys|send|splitw|split-window|respawn-pane|pipe-pane|pipep|if-shell|run-shell|run)$/,
  )
  if (at < 0) return NOTHING
  const tail = args.slice(at)
  const sends = tail[0]?.text.startsWith('send')
  const { start } = enterWrapper({ values: words(sends ? 'c N t' : 'c e F l n p s t x y') }, tail)
  const rest = tail.slice(start).filter(({ text }) => !(sends && KEY.test(text)))
  return scriptWords(rest.length < 2 ? rest : [joined(rest), ...rest])
}

/** `-X stuff` types into a shell of a session that runs; options such as -r and -ls run nothing. */
function screen(args: Args): Layer {
  const sent = placeIn(args, /^-X$/)
  if (sent >= 0) {
    const typed = args
      .slice(sent + 2)
      .map((arg) => ({ ...arg, text: arg.text.replace(/(?:\\[nr]|\^[JM])+$/, '') }))
    return typed.length === 0 ? NOTHING : { ...NOTHING, scripts: [joined(typed)] }
  }
  const { start } = enterWrapper({ values: words('S s p t T c h e Logfile') }, [...args.slice(0, 1), ...args])
  const shows = says({ args: args.slice(0, start - 1) }, /^-(?:[dD]*[rx]+|[dD]|ls|list|wipe)$/)
  return shows && !says({ args }, /^-[dD]?m/) ? NOTHING : command(args.slice(start - 1))
}

/** bash's complete and compgen, and fish's complete: their options hold commands, and lists that are expanded. */
function completes(args: Args): Layer {
  const lists = valuesOf(args, ['a', 'W', 'arguments'])
  return scriptWords([
    ...valuesOf(args, ['C', 'n', 'condition', 'do-complete']),
    ...lists.map((arg) => ({ ...arg, text: `: ${arg.text}` })),
  ])
}

/** In fish, `source` alone reads standard input. */
function source(args: Args): Layer {
  const file = args.find((arg) => arg.text !== '--')
  return file === undefined || /^(?:-|\/dev\/stdin|\/dev\/fd\/0)$/.test(file.text)
    ? { ...NOTHING, runsInput: true }
    : { ...NOTHING, runsFile: file }
}

/** Directories of this machine that are mounted in a container: `-v ~:/h`, `--mount type=bind,src=/,dst=/h`. */
function volumesOf(options: Args): readonly (readonly [inside: string, outside: string])[] {
  return valuesOf(options, ['v', 'volume', 'mount']).flatMap(({ text }) => {
    const outside = /(?:^|,)(?:src|source)=([^,]+)/.exec(text)?.[1] ?? text.split(':')[0]
    const inside = /(?:^|,)(?:dst|destination|target)=([^,]+)/.exec(text)?.[1] ?? text.split(':')[1]
    return inside === undefined || outside === undefined || !/^[/~.\uFDD0]/.test(outside)
      ? []
      : [[inside, outside] as const]
  })
}

/** The words with paths in the container replaced by the paths on this machine that are mounted there. */
function asOnHost(args: Args, volumes: ReturnType<typeof volumesOf>): Args {
  if (volumes.length === 0) return args
  return args.map((word) => {
    let { text } = word
    for (const [inside, outside] of volumes) {
      const escaped = inside.replace(/\/+$/, '').replace(/[.*+?^$(){}|[\]\\]/g, '\\$&')
      text = text.replace(new RegExp(`(?<![\\w.-])${escaped}(?=/|$|[\\s"';|&*)])`, 'g'), () =>
        outside.replace(/(?<=.)\/+$/, ''),
      )
    }
    return { ...word, text }
  })
}

/** Options with a value, of any of the tools for containers. Whatever else begins with a dash is read as a flag. */
const CONTAINER_VALUES = words(
  `B bind e env env-file v volume mount tmpfs w workdir cwd u user group group-add name p publish expose network network-alias ip
  dns add-host l label h hostname m memory memory-swap c cpus cpuset-cpus cgroups pids-limit
  shm-size ulimit gpus ipc pid container context kubeconfig n namespace as pod-running-timeout platform pull restart runtime device
  cap-add cap-drop security-opt sysctl log-driver log-opt health-cmd stop-signal index detach-keys preserve-fds`,
)

/**
 * Finds the command behind the name of the container or image in `docker exec`, `docker run`, `kubectl exec` and the like,
 * and the one that the option `entry` gives. What is run so often runs the words behind the image in turn.
 */
const container =
  (entry: string): Carrier =>
  (args) => {
    const at = placeIn(args, /^(?:exec|run|unshare)$/)
    if (at < 0) return NOTHING
    const tail = args.slice(at)
    // `podman unshare` names no container, and `ip -all netns exec` no namespace.
    const skip = Number(!says({ args: args.slice(0, at + 1) }, /^(?:unshare|-all)$/))
    const values = [...CONTAINER_VALUES, entry]
    const { start } = enterWrapper({ values, skip }, tail)
    const image = enterWrapper({ values }, tail).start
    const volumes = volumesOf(tail.slice(0, start))
    const given = valuesOf(tail.slice(0, image), [entry]).slice(-1)
    const runs = [tail.slice(start), ...given.map((program) => [program, ...tail.slice(image + 1)])]
    const found = runs.flatMap((run) => command(asOnHost(run, volumes), true).commands)
    return { ...NOTHING, commands: [...behindDashes(tail, start), ...found] }
  }

const docker = container('entrypoint')

const CARRIERS: Readonly<Record<string, Carrier>> = {
  xargs,
  find,
  gfind: find,
  fd,
  fdfind: fd,
  docker,
  podman: docker,
  nerdctl: docker,
  buildah: docker,
  'docker-compose': docker,
  kubectl: docker,
  oc: docker,
  lxc: docker,
  incus: docker,
  apptainer: docker,
  singularity: docker,
  ip: docker,
  // Without a command of its own it runs the one of the application.
  flatpak: (args, input) => (says({ args }, /^--command\b/) ? container('command')(args, input) : NOTHING),
  parallel,
  git,
  tmux,
  tar: commandIn(
    /^(?:--checkpoint-action=exec=|--to-command=|--use-compress-program=|--rsh-command=|-I)(.*)$/,
  ),
  // `trap - INT` takes a command back, and `trap -p` lists commands: neither has one itself.
  trap: (args) => scriptWords(/^-(?!-)/.test(args[0]?.text ?? '') ? [] : withoutOptions(args).slice(0, 1)),
  // fish also writes `alias name 'command'`.
  alias: (args) => {
    const set = args.flatMap((arg) =>
      arg.text.includes('=') ? [{ ...arg, text: arg.text.slice(arg.text.indexOf('=') + 1) }] : [],
    )
    // zsh's global aliases may start with an operator: alias -g G='| grep'.
    const bodies = set.length > 0 ? set : args.slice(1)
    return scriptWords(bodies.map((arg) => ({ ...arg, text: arg.text.replace(/^\s*[|&;]+/, '') })))
  },
  abbr: (args) => {
    const name = args.findIndex((arg) => !arg.text.startsWith('-'))
    const words = name < 0 ? [] : args.slice(name + 1).filter((arg) => arg.text !== '--')
    return words.length === 0 ? NOTHING : { ...NOTHING, scripts: [joined(words)] }
  },
  bind: (args) =>
    scriptWords(
      args.slice(1).map((arg) => ({
        ...arg,
        text: arg.text.replace(/^"(?:\\.|[^"\\])*":\s*/, '').replace(/^(["'])([\s\S]*)\1$/, '$2'),
      })),
    ),
  ansible: (args) =>
    scriptWords(
      valuesOf(args, ['a', 'args']).map((arg) => ({
        ...arg,
        text: arg.text.replace(/^(?:cmd|_raw_params)=(["']?)([\s\S]*)\1$/, '$2'),
      })),
    ),
  screen,
  at: (args) => {
    const runsFile = readOptions('at', args).value('f')
    return runsFile === undefined ? { ...NOTHING, runsInput: true } : { ...NOTHING, runsFile }
  },
  complete: completes,
  compgen: completes,
  batch: () => ({ ...NOTHING, runsInput: true }),
  adb: (args) =>
    /^(?:shell|exec-out)$/.test(args[0]?.text ?? '') && args.length > 1
      ? { ...NOTHING, scripts: [joined(args.slice(1))] }
      : NOTHING,
  '.': source,
  source,
}

/** Finds the commands in the words of a tool of this name; undefined if none is known. */
export const carrierOf = (name: string): Carrier | undefined =>
  Object.hasOwn(CARRIERS, name) ? CARRIERS[name] : toolCarrierOf(name)

export const carrierNames = (): readonly string[] => [...Object.keys(CARRIERS), ...toolCarrierNames()]
