// The command that docker, podman, kubectl and the like run in a container, with this machine's directories it sees.

import type { Arg } from '../model.ts'
import { commandLayer as command, enterWrapper, type Layer, NOTHING } from './layers.ts'

/** Directories of this machine that a container sees, by their path in it: `-v ~:/h`, `--mount type=bind,src=/,dst=/h`. */
function volumesOf(options: readonly Arg[]): readonly (readonly [inside: string, outside: string])[] {
  return options.flatMap((arg, i) => {
    const joined = /^(?:-v|--volume=|--mount=)([\s\S]+)$/.exec(arg.text)?.[1]
    const text =
      joined ?? (/^(?:-v|--volume|--mount)$/.test(options[i - 1]?.text ?? '') ? arg.text : undefined)
    if (text === undefined) return []
    const outside = /(?:^|,)(?:src|source)=([^,]+)/.exec(text)?.[1] ?? text.split(':')[0]
    const inside = /(?:^|,)(?:dst|destination|target)=([^,]+)/.exec(text)?.[1] ?? text.split(':')[1]
    return inside === undefined || outside === undefined || !/^[/~.\uFDD0]/.test(outside)
      ? []
      : [[inside, outside] as const]
  })
}

/** Words as this machine would name what they name in the container. */
function asOnHost(words: readonly Arg[], volumes: ReturnType<typeof volumesOf>): readonly Arg[] {
  if (volumes.length === 0) return words
  return words.map((word) => {
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

/** `docker exec`/`run`, `podman`, `kubectl exec`: the command after the container's or image's name. */
export function container(args: readonly Arg[]): Layer {
  const at = args.findIndex((arg) => /^(?:exec|run)$/.test(arg.text))
  if (at < 0) return NOTHING
  const values =
    'e env v volume w workdir u user name p publish network entrypoint mount l label env-file h hostname m memory c container n namespace cpus platform pull restart device add-host cap-add security-opt index'.split(
      ' ',
    )
  const tail = args.slice(at)
  const { start } = enterWrapper({ values, skip: 1 }, tail)
  const dashes = tail.findIndex((arg) => arg.text === '--')
  const volumes = volumesOf(tail.slice(0, start))
  const first = command(asOnHost(tail.slice(start), volumes), true)
  // Behind an option with a value that is not in the list, only `--` tells where the command starts.
  return dashes < start
    ? first
    : { ...first, commands: [...command(tail.slice(dashes + 1)).commands, ...first.commands] }
}
