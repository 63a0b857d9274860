// Rules about containers, clusters, clouds and what they hold.
import type { Arg, SimpleCommand } from '../model.ts'
import { matching, only, type Rule, tools, verb } from './rule.ts'

const DOCKER = tools('docker podman nerdctl docker-compose podman-compose')
const KUBE = tools('kubectl oc k')

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const hasOpaqueList = (args: readonly Arg[]) => args.some((arg) => arg.taint !== 0)

export const PLATFORM_RULES: readonly Rule[] = [
  {
    id: 'docker-prune',
    level: 'moderate',
    why: 'Deletes containers, images or caches that nothing uses just now.',
    tools: DOCKER,
    when: (c, o) =>
      only(
        /^(?:system|image|container|builder|network|buildx)$/.test(verb(o)) &&
          verb(o, 1) === 'prune' &&
          !/--volumes/.test(line(c)),
        true,
      ),
    safer: 'docker system df',
    examples: {
      risky: ['docker system prune -af', 'docker image prune -a', 'podman system prune'],
      harmless: ['docker system df', 'docker ps', 'docker images'],
    },
  },
  {
    id: 'docker-volumes',
    level: 'high',
    why: 'Deletes volumes with the data in them.',
    tools: DOCKER,
    when: (c, o) => {
      const text = line(c)
      if (verb(o) === 'volume') return only(/^(?:rm|remove|prune)$/.test(verb(o, 1)), true)
      if (verb(o) === 'system') return only(verb(o, 1) === 'prune' && /--volumes/.test(text), true)
      return only(
        /(?:^|\s)down(?:\s|$)/.test(text) &&
          (c.name.includes('compose') || verb(o) === 'compose') &&
          /(?:\s-v\b|--volumes\b)/.test(text),
        true,
      )
    },
    examples: {
      risky: [
        'docker volume rm data',
        'docker volume prune -f',
        'docker system prune -a --volumes',
        'docker compose down -v',
        'docker-compose down --volumes',
      ],
      harmless: ['docker volume ls', 'docker compose down', 'docker run -v a:b x'],
    },
  },
  {
    id: 'docker-all',
    level: 'high',
    why: 'Removes or stops every container or image at once.',
    tools: DOCKER,
    when: (_c, o) => only(/^(?:rm|rmi|kill)$/.test(verb(o)) && hasOpaqueList(o.operands), true),
    examples: {
      risky: ['docker rm -f $(docker ps -aq)', 'docker rmi $(docker images -q)'],
      harmless: ['docker rm web', 'docker rm -f web', 'docker rmi x'],
    },
  },
  {
    id: 'docker-host',
    level: 'high',
    why: 'Gives the container the host’s files, devices or Docker itself: root on the machine.',
    tools: DOCKER,
    when: (c, o) =>
      only(
        /^(?:run|create|exec)$/.test(verb(o)) || verb(o) === 'container',
        matching(
          c.args,
          /^--privileged(?:=true)?$|^(?:--volume=|-v=?)?\/:\/?|^(?:--volume=|-v=?)?\/(?:etc|root|boot|var\/run\/docker\.sock|run\/docker\.sock|dev):|^--(?:pid|ipc|userns)=host$|source=\/,|src=\/,|docker\.sock/,
        ),
      ),
    examples: {
      risky: [
        'docker run --privileged x',
        'docker run -v /:/host x',
        'docker run -v /var/run/docker.sock:/var/run/docker.sock x',
        'docker run --pid=host x',
      ],
      harmless: [
        'docker run -it --rm ubuntu',
        'docker run -v $PWD:/app node',
        'docker run -p 80:80 nginx',
        'docker run -v /srv/data:/data x',
      ],
    },
  },
  {
    id: 'kube-delete-many',
    level: 'high',
    why: 'Deletes a namespace, storage, nodes or everything of a kind.',
    tools: KUBE,
    when: (_c, o) =>
      only(
        verb(o) === 'delete',
        o.flag('all', 'all-namespaces', 'A')
          ? true
          : matching(
              o.operands.slice(1),
              /^(?:ns|namespaces?|project|pvc?|persistentvolumes?|persistentvolumeclaims?|nodes?|no|crds?|customresourcedefinitions?|all|sts|statefulsets?|storageclass(?:es)?)(?:\/.*|,.*)?$/,
            ),
      ),
    safer: 'kubectl delete --dry-run=server',
    examples: {
      risky: [
        'kubectl delete namespace prod',
        'kubectl delete ns/prod',
        'kubectl delete pods --all',
        'kubectl delete all --all -n x',
        'kubectl -n x delete pvc data',
        'kubectl delete node n1',
      ],
      harmless: ['kubectl get ns', 'kubectl delete pod x', 'kubectl get all -A', 'kubectl describe node n1'],
    },
  },
  {
    id: 'kube-delete',
    level: 'moderate',
    why: 'Deletes or drains something that runs in the cluster.',
    tools: KUBE,
    when: (c, o) =>
      only(
        (verb(o) === 'delete' && !/^pods?$|^po$|^pods?\//.test(verb(o, 1))) ||
          verb(o) === 'drain' ||
          /--replicas=0\b/.test(line(c)) ||
          (verb(o) === 'replace' && o.flag('force')),
        true,
      ),
    examples: {
      risky: [
        'kubectl delete deployment web',
        'kubectl delete -f app.yaml',
        'kubectl drain n1',
        'kubectl scale deploy/web --replicas=0',
      ],
      harmless: [
        'kubectl delete pod x',
        'kubectl apply -f app.yaml',
        'kubectl scale deploy/web --replicas=3',
        'kubectl logs x',
      ],
    },
  },
  {
    id: 'helm-uninstall',
    level: 'moderate',
    why: 'Removes a release from the cluster.',
    tools: tools('helm'),
    when: (_c, o) => only(/^(?:uninstall|delete|del|un)$/.test(verb(o)), true),
    examples: {
      risky: ['helm uninstall web', 'helm -n x delete web'],
      harmless: ['helm list', 'helm upgrade web .', 'helm install web .'],
    },
  },
  {
    id: 'infra-destroy',
    level: 'high',
    why: 'Destroys infrastructure and the data on it.',
    tools: tools(
      'terraform tofu terragrunt pulumi cdk serverless sls sam eksctl kops kind minikube k3d vagrant packer',
    ),
    when: (c, o) => {
      if (/^(?:kind|minikube|k3d|vagrant|packer)$/.test(c.name)) return undefined
      if (/^(?:terraform|tofu|terragrunt)$/.test(c.name))
        return only(
          verb(o) === 'destroy' ||
            (/^(?:apply|run-all|state)$/.test(verb(o)) &&
              (c.args.some((arg) => arg.text === '-destroy' || arg.text === '--destroy') ||
                verb(o, 1) === 'destroy')),
          true,
        )
      return only(/^(?:destroy|remove|delete|down)$/.test(verb(o)), true)
    },
    safer: 'terraform plan -destroy',
    examples: {
      risky: [
        'terraform destroy',
        'terraform destroy -auto-approve',
        'terraform apply -destroy',
        'pulumi destroy -y',
        'tofu -chdir=x destroy',
        'cdk destroy',
        'eksctl delete cluster x',
      ],
      harmless: [
        'terraform plan',
        'terraform plan -destroy',
        'terraform init',
        'terraform apply',
        'pulumi up',
        'kind delete cluster',
      ],
    },
  },
  {
    id: 'infra-unseen',
    level: 'moderate',
    why: 'Changes infrastructure, or what is known of it, without showing the plan first.',
    tools: tools('terraform tofu terragrunt pulumi'),
    when: (c, o) =>
      only(
        (verb(o) === 'apply' && c.args.some((arg) => /^--?auto-approve$/.test(arg.text))) ||
          (verb(o) === 'state' && /^(?:rm|push)$/.test(verb(o, 1))) ||
          verb(o) === 'force-unlock' ||
          verb(o) === 'taint',
        true,
      ),
    examples: {
      risky: ['terraform apply -auto-approve', 'terraform state rm x'],
      harmless: ['terraform apply', 'terraform state list'],
    },
  },
  {
    id: 'cloud-delete-data',
    level: 'high',
    why: 'Deletes stored data, machines or keys in the cloud.',
    tools: tools(
      'aws gcloud gsutil az doctl heroku flyctl fly gh b2 rclone mc s3cmd openstack ibmcloud linode-cli hcloud vercel netlify',
    ),
    when: (c, o) => {
      const text = o.operands.map((arg) => arg.text).join(' ')
      switch (c.name) {
        case 'aws':
          return only(
            /^s3 (?:rb|rm)\b/.test(text)
              ? o.flag('recursive', 'force') || /^s3 rb/.test(text)
              : /^\S+ (?:terminate-instances|delete-(?:db|bucket|table|stack|cluster|volume|snapshot|user|role|key|vault|file-system|repository|hosted-zone|secret)\S*|schedule-key-deletion|purge-queue|deregister-image)/.test(
                  text,
                ),
            true,
          )
        case 'gsutil':
          return only(
            /^(?:rb|rm)\b/.test(text) && (o.flag('r', 'R', 'a') || /^rb/.test(text) || /\*\*/.test(text)),
            true,
          )
        case 'rclone':
          return only(
            /^(?:purge|delete|sync)\b/.test(text) && !o.flag('n', 'dry-run') && !/^sync/.test(text),
            true,
          )
        case 's3cmd':
        case 'mc':
        case 'b2':
          return only(/^(?:rb|rm|del|delete-bucket)\b/.test(text) && o.flag('r', 'recursive', 'force'), true)
        case 'gh':
          return only(/^repo (?:delete|archive)\b/.test(text), true)
        case 'heroku':
          return only(/^(?:apps:destroy|pg:reset|apps:delete|addons:destroy)\b/.test(text), true)
        default:
          return only(/(?:^|\s)(?:delete|destroy|purge|remove)(?:\s|$)/.test(text), true)
      }
    },
    examples: {
      risky: [
        'aws s3 rm s3://b --recursive',
        'aws s3 rb s3://b --force',
        'aws ec2 terminate-instances --instance-ids i-1',
        'aws --profile p rds delete-db-instance --db-instance-identifier x',
        'gcloud projects delete p',
        'gcloud compute instances delete x',
        'az group delete -n x',
        'gsutil -m rm -r gs://b',
        'gh repo delete x/y',
        'heroku pg:reset',
        'rclone purge r:b',
        'doctl compute droplet delete 1',
      ],
      harmless: [
        'aws s3 ls',
        'aws s3 cp x s3://b/',
        'aws s3 rm s3://b/key',
        'gcloud compute instances list',
        'az vm list',
        'gh pr list',
        'gh repo clone x/y',
        'rclone sync a b:',
      ],
    },
  },
  {
    id: 'machine-destroy',
    level: 'high',
    why: 'Deletes a virtual machine or its disks.',
    tools: tools('vagrant virsh VBoxManage vboxmanage multipass qm pct limactl incus lxc prlctl'),
    when: (c, o) => {
      switch (c.name) {
        case 'virsh':
          return only(/^(?:undefine|vol-delete|vol-wipe|pool-delete|snapshot-delete)$/.test(verb(o)), true)
        case 'VBoxManage':
        case 'vboxmanage':
          return only(/--delete(?:-all)?\b/.test(line(c)), true)
        case 'qm':
        case 'pct':
          return only(/^des/.test(verb(o)), true)
        default:
          return only(/^(?:destroy|delete)$/.test(verb(o)) && o.operands.length + c.args.length > 1, true)
      }
    },
    examples: {
      risky: [
        'vagrant destroy -f',
        'virsh undefine vm --remove-all-storage',
        'VBoxManage unregistervm x --delete',
        'multipass delete x',
        'qm destroy 100',
        'lxc delete c1 --force',
      ],
      harmless: [
        'vagrant up',
        'virsh list',
        'virsh shutdown vm',
        'VBoxManage list vms',
        'qm list',
        'lxc list',
      ],
    },
  },
  {
    id: 'publish',
    level: 'moderate',
    why: 'Publishes or withdraws a package for everybody.',
    tools: tools('npm yarn pnpm cargo gem twine'),
    when: (_c, o) => only(/^(?:unpublish|deprecate|yank)$/.test(verb(o)) && !o.flag('undo'), true),
    examples: {
      risky: ['npm unpublish x --force', 'cargo yank --version 1.0.0', 'gem yank x'],
      harmless: ['npm install', 'npm publish --dry-run', 'cargo build'],
    },
  },
]
