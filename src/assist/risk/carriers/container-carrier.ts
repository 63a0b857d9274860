// Finds the command that docker, podman, kubectl and similar tools run in a container, and this machine's directories
// in it.

import { type Args, placeIn } from '../model.ts'
import { commandLayer as command, enterWrapper, type Layer, NOTHING } from './layers.ts'

/** Directories of this machine that are mounted in a container: `-v ~:/h`, `--mount type=bind,src=/,dst=/h`. */
function volumesOf(options: Args): readonly (readonly [inside: string, outside: string])[] {
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

/** The words with paths in the container replaced by the paths on this machine that are mounted there. */
function asOnHost(words: Args, volumes: ReturnType<typeof volumesOf>): Args {
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

/**
 * The command behind the name of the container or image in `docker exec`, `docker run`, `kubectl exec` and the like.
 */
export function container(args: Args): Layer {
  const at = placeIn(args, /^(?:exec|run)$/)
  if (at < 0) return NOTHING
  const values =
    'e env v volume w workdir u user name p publish network entrypoint mount l label env-file h hostname m memory c container n namespace cpus platform pull restart device add-host cap-add security-opt index'.split(
      ' ',
    )
  const tail = args.slice(at)
  const { start } = enterWrapper({ values, skip: 1 }, tail)
  const dashes = placeIn(tail, /^--$/)
  const volumes = volumesOf(tail.slice(0, start))
  const first = command(asOnHost(tail.slice(start), volumes), true)
  // An option that `values` does not list may take a value; then only `--` tells where the command starts.
  return dashes < start
    ? first
    : { ...first, commands: [...command(tail.slice(dashes + 1)).commands, ...first.commands] }
}
