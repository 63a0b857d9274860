// Finds the command that docker, podman, kubectl and similar tools run in a container, and this machine's directories
// in it.

import { words } from '../lookup.ts'
import { type Args, placeIn } from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { type Carrier, commandLayer as command, enterWrapper, NOTHING } from './layers.ts'

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

/**
 * The command behind the name of the container or image in `docker exec`, `docker run`, `kubectl exec` and the like. These
 * tools have few options without a value and get new ones with a value each year, so every option but `flags` takes one.
 */
const container =
  (flags: string): Carrier =>
  (args) => {
    const at = placeIn(args, /^(?:exec|run|unshare)$/)
    if (at < 0) return NOTHING
    const tail = args.slice(at)
    // `podman unshare` names no container.
    const skip = Number(tail[0]?.text !== 'unshare')
    const { start } = enterWrapper({ flags: words(flags), skip }, tail)
    const dashes = placeIn(tail, /^--$/)
    const volumes = volumesOf(tail.slice(0, start))
    const first = command(asOnHost(tail.slice(start), volumes), true)
    // A flag of a newer version would take the image for its value; then only `--` tells where the command starts.
    return dashes < start
      ? first
      : { ...first, commands: [...command(tail.slice(dashes + 1)).commands, ...first.commands] }
  }

export const docker = container(
  `d detach i interactive t tty T P publish-all q quiet rm init privileged read-only sig-proxy service-ports use-aliases
  build remove-orphans dry-run disable-content-trust oom-kill-disable rmi replace rootfs http-proxy env-host tls-verify`,
)
export const kubectl = container(
  `i stdin t tty q quiet attach rm command expose wait privileged leave-stdin-open save-config dry-run
  insecure-skip-tls-verify`,
)
export const lxc = container(
  'T force-noninteractive t force-interactive n disable-stdin q quiet v verbose debug force-local',
)
