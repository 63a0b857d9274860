// Rules about containers: their data, and the rights they are given.
import type { Options } from '../../line/options.ts'
import type { Arg, SimpleCommand } from '../../model.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const DOCKER = tools('docker podman nerdctl docker-compose podman-compose')
const hasOpaqueList = (args: readonly Arg[]) => args.some((arg) => arg.taint !== 0)

/** Whether `system prune` takes volumes or every unused image too. */
const isWhole = (c: SimpleCommand, o: Options): boolean =>
  verb(o) === 'system' && (/--volumes/.test(line(c)) || o.flag('a', 'all') !== undefined)

export const CONTAINER_RULES: readonly Rule[] = [
  {
    id: 'docker-prune',
    level: 'moderate',
    why: 'Deletes containers, images or caches that are not in use at the moment.',
    tools: DOCKER,
    when: (c, o) =>
      only(
        /^(?:system|image|container|builder|network|buildx)$/.test(verb(o)) &&
          verb(o, 1) === 'prune' &&
          !isWhole(c, o),
      ),
    example: 'docker image prune',
  },
  {
    id: 'docker-volumes',
    level: 'high',
    why: 'Deletes volumes with the data in them, or everything that does not run at the moment.',
    tools: DOCKER,
    when: (c, o) => {
      const text = line(c)
      if (verb(o) === 'volume') return only(/^(?:rm|remove|prune)$/.test(verb(o, 1)))
      if (verb(o) === 'system') return only(verb(o, 1) === 'prune' && isWhole(c, o))
      return only(
        /(?:^|\s)down(?:\s|$)/.test(text) &&
          (c.name.includes('compose') || verb(o) === 'compose') &&
          /(?:\s-v\b|--volumes\b)/.test(text),
      )
    },
    example: 'docker volume rm data',
  },
  {
    id: 'docker-all',
    level: 'high',
    why: 'Removes or stops every container or image at once.',
    tools: DOCKER,
    when: (_c, o) => only(/^(?:rm|rmi|kill)$/.test(verb(o)) && hasOpaqueList(o.operands)),
    example: 'docker rm -f $(docker ps -aq)',
  },
  {
    id: 'docker-host',
    level: 'high',
    why: 'Gives the container the host’s files, devices or Docker itself: that is root on the machine.',
    tools: DOCKER,
    when: (c, o) =>
      only(
        /^(?:run|create|exec)$/.test(verb(o)) || verb(o) === 'container',
        matching(
          joinedOptions(c.args),
          /^--privileged(?:=true)?$|^--cap-add=(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|CAP_SYS_ADMIN)$|^--device=\/dev\/(?:sd|nvme|vd|mem|kmem)|^--security-opt=(?:apparmor|seccomp)=unconfined$|^(?:--volume=|-v=?)?\/:\/?|^(?:--volume=|-v=?)?\/(?:etc|root|boot|var\/run\/docker\.sock|run\/docker\.sock|dev):|^--(?:pid|ipc|userns)=host$|(?:source|src)=\/(?:etc|root|boot|dev|var\/lib)?\/?(?:,|$)|docker\.sock/i,
        ),
      ),
    example: 'docker run --privileged x',
  },
  {
    id: 'docker-remove',
    level: 'moderate',
    why: 'Stops or removes a container or an image without asking.',
    tools: DOCKER,
    when: (c, o) =>
      only(
        (verb(o) === 'kill' && o.operands.length > 1) ||
          (/^(?:compose|pod|container|image)$/.test(verb(o)) &&
            verb(o, 1) === 'rm' &&
            o.flag('f', 'force', 's')) ||
          (verb(o, c.name.includes('compose') ? 0 : 1) === 'down' && o.flag('rmi')) ||
          (/^(?:rm|rmi)$/.test(verb(o)) && o.flag('f', 'force')),
      ),
    example: 'docker rm -f web',
  },
  {
    id: 'docker-stop-all',
    level: 'moderate',
    why: 'Stops every container at once.',
    tools: DOCKER,
    when: (_c, o) =>
      only(/^(?:stop|restart|pause)$/.test(verb(o)) && (hasOpaqueList(o.operands) || o.flag('a', 'all'))),
    example: 'docker stop $(docker ps -q)',
  },
  {
    id: 'docker-reset',
    level: 'high',
    why: 'Removes everything that the container engine holds, or leaves the swarm.',
    tools: DOCKER,
    when: (_c, o) => {
      const two = `${verb(o)} ${verb(o, 1)}`
      if (/^(?:system reset|machine reset|machine rm|swarm leave)$/.test(two))
        return only(two !== 'swarm leave' || o.flag('f', 'force'))
      return only(/^(?:rm|rmi|container rm|image rm)\b/.test(two) && o.flag('a', 'all'))
    },
    example: 'podman system reset -f',
  },
  {
    id: 'docker-service-remove',
    level: 'moderate',
    why: 'Takes a service, with all its containers, out of the swarm.',
    tools: DOCKER,
    when: (_c, o) =>
      only(/^(?:stack|service|node|secret|config)$/.test(verb(o)) && /^(?:rm|remove|down)$/.test(verb(o, 1))),
    example: 'docker stack rm prod',
  },
  {
    id: 'docker-socket',
    level: 'high',
    why: 'Commands Docker through its socket, which gives root rights on the machine.',
    tools: tools('curl socat nc'),
    when: (c, o) =>
      only(
        c.args.some((arg) => /(?:docker|containerd|podman)\.sock/.test(arg.text)) &&
          (c.name !== 'curl' ||
            /^(?:POST|DELETE|PUT)$/.test(o.value('X', 'request')?.text ?? '') ||
            o.flag('d', 'data')),
      ),
    example: 'curl --unix-socket /var/run/docker.sock -X POST http://localhost/containers/create',
  },
]

/** The words joined; `--cap-add ALL` becomes `--cap-add=ALL`, so that one pattern finds both spellings. */
function joinedOptions(args: readonly Arg[]): readonly Arg[] {
  return args.map((arg, i) => {
    const before = args[i - 1]?.text ?? ''
    return /^--(?:cap-add|device|security-opt|pid|ipc|userns|volume|mount)$/.test(before)
      ? { ...arg, text: `${before}=${arg.text}` }
      : arg
  })
}
