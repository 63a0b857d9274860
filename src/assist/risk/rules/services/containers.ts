// Rules about containers: their data, and the rights they are given.
import type { FormRule } from '../forms.ts'

const DOCKER = 'docker|podman|nerdctl|docker-compose|podman-compose'

export const CONTAINER_RULES: readonly FormRule[] = [
  {
    id: 'docker-prune',
    level: 'moderate',
    why: 'Deletes containers, images or caches that are not in use at the moment.',
    finds: `
      ${DOCKER} system prune !--volumes|-a|--all
      _ image|container|builder|network|buildx prune`,
    example: 'docker image prune',
  },
  {
    id: 'docker-volumes',
    level: 'high',
    why: 'Deletes volumes with the data in them, or everything that does not run at the moment.',
    finds: `
      ${DOCKER} volume rm|remove|prune
      _ system prune --volumes|-a|--all
      docker-compose|podman-compose … down -v|--volumes
      docker|podman|nerdctl compose … down -v|--volumes`,
    example: 'docker volume rm data',
  },
  {
    id: 'docker-all',
    level: 'high',
    why: 'Removes or stops every container or image at once.',
    finds: `${DOCKER} rm|rmi|kill $`,
    example: 'docker rm -f $(docker ps -aq)',
  },
  {
    id: 'docker-host',
    level: 'high',
    why: 'Gives the container the host’s files, devices or Docker itself: that is root on the machine.',
    finds: `
      ${DOCKER} run|create|exec|container words<open>
      _ run|create|exec|container -v|--volume|--mount|--device|--cap-add|--security-opt|--pid|--ipc|--userns=<host>`,
    named: {
      open: /^--privileged(?:=true)?$|docker\.sock/i,
      host: /^(?:ALL|(?:CAP_)?SYS_ADMIN|SYS_PTRACE|SYS_MODULE|(?:apparmor|seccomp)=unconfined|host)$|^\/dev\/(?:sd|nvme|vd|mem|kmem)|^\/(?:etc|root|boot|dev)?:|(?:source|src)=\/(?:etc|root|boot|dev|var\/lib)?\/?(?:,|$)/i,
    },
    example: 'docker run --privileged x',
  },
  {
    id: 'docker-remove',
    level: 'moderate',
    given: 'high',
    why: 'Stops or removes a container or an image without asking.',
    finds: `
      ${DOCKER} kill *
      _ compose|pod|container|image rm -f|--force|-s
      docker-compose|podman-compose down --rmi
      ${DOCKER} * down --rmi
      _ rm|rmi -f|--force`,
    example: 'docker rm -f web',
  },
  {
    id: 'docker-stop-all',
    level: 'moderate',
    given: 'high',
    why: 'Stops every container at once.',
    finds: `
      ${DOCKER} stop|restart|pause $
      _ stop|restart|pause -a|--all`,
    example: 'docker stop $(docker ps -q)',
  },
  {
    id: 'docker-reset',
    level: 'high',
    why: 'Removes everything that the container engine holds, or leaves the swarm.',
    finds: `
      ${DOCKER} system reset
      _ machine reset|rm
      _ swarm leave -f|--force
      _ rm|rmi -a|--all
      _ container|image rm -a|--all`,
    example: 'podman system reset -f',
  },
  {
    id: 'docker-service-remove',
    level: 'moderate',
    given: 'high',
    why: 'Takes a service, with all its containers, out of the swarm.',
    finds: `${DOCKER} stack|service|node|secret|config rm|remove|down`,
    example: 'docker stack rm prod',
  },
  {
    id: 'docker-socket',
    level: 'high',
    why: 'Commands Docker through its socket, which gives root rights on the machine.',
    finds: `
      curl <socket> -X|--request=POST|DELETE|PUT
      curl <socket> -d|--data
      socat|nc <socket>`,
    named: { socket: /(?:docker|containerd|podman)\.sock/ },
    example: 'curl --unix-socket /var/run/docker.sock -X POST http://localhost/containers/create',
  },
]
