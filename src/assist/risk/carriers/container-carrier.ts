// Finds the command that docker, podman, kubectl and similar tools run in a container, and this machine's directories
// in it.

import { words } from '../lookup.ts'
import { type Args, placeIn, says } from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { behindDashes, type Carrier, commandLayer as command, enterWrapper, NOTHING } from './layers.ts'

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

/** Options with a value, of any of the tools. Whatever else begins with a dash is read as a flag. */
const VALUES = words(
  `B bind e env env-file v volume mount tmpfs w workdir cwd u user group group-add name p publish expose network network-alias ip
  dns add-host l label h hostname m memory memory-swap c cpus cpuset-cpus cgroups pids-limit
  shm-size ulimit gpus ipc pid container context kubeconfig n namespace as pod-running-timeout platform pull restart runtime device
  cap-add cap-drop security-opt sysctl log-driver log-opt health-cmd stop-signal index detach-keys preserve-fds`,
)

/**
 * Finds the command behind the name of the container or image in `docker exec`, `docker run`, `kubectl exec` and the like,
 * and the one that the option `entry` gives. What is run so often runs the words behind the image in turn.
 */
export const container =
  (entry: string): Carrier =>
  (args) => {
    const at = placeIn(args, /^(?:exec|run|unshare)$/)
    if (at < 0) return NOTHING
    const tail = args.slice(at)
    // `podman unshare` names no container, and `ip -all netns exec` no namespace.
    const skip = Number(!says({ args: args.slice(0, at + 1) }, /^(?:unshare|-all)$/))
    const values = [...VALUES, entry]
    const { start } = enterWrapper({ values, skip }, tail)
    const image = enterWrapper({ values }, tail).start
    const volumes = volumesOf(tail.slice(0, start))
    const given = valuesOf(tail.slice(0, image), [entry]).slice(-1)
    const runs = [tail.slice(start), ...given.map((program) => [program, ...tail.slice(image + 1)])]
    const found = runs.flatMap((run) => command(asOnHost(run, volumes), true).commands)
    return { ...NOTHING, commands: [...behindDashes(tail, start), ...found] }
  }
