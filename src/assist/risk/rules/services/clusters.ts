// Rules about clusters and the workloads in them.
import type { Arg, SimpleCommand } from '../../model.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const hasOpaqueList = (args: readonly Arg[]) => args.some((arg) => arg.taint !== 0)
const KUBE = tools('kubectl oc k')

export const CLUSTER_RULES: readonly Rule[] = [
  {
    id: 'kube-delete-many',
    level: 'high',
    why: 'Deletes a namespace, storage, nodes or everything of a kind, or takes a node away from all that runs on it.',
    tools: KUBE,
    when: (_c, o) =>
      only(
        /^(?:delete|drain)$/.test(verb(o)) && !o.flag('dry-run'),
        verb(o) === 'drain' || o.flag('all', 'all-namespaces', 'A') || hasOpaqueList(o.operands)
          ? true
          : matching(
              o.operands.slice(1),
              /^(?:ns|namespaces?|project|pvc?|persistentvolumes?|persistentvolumeclaims?|nodes?|no|crds?|customresourcedefinitions?|all|sts|statefulsets?|storageclass(?:es)?)(?:\/.*|,.*)?$/,
            ),
      ),
    safer: { append: '--dry-run=server' },
    example: 'kubectl delete namespace prod',
  },
  {
    id: 'kube-delete',
    level: 'moderate',
    why: 'Deletes, stops or replaces something that runs in the cluster.',
    safer: { append: '--dry-run=server' },
    tools: KUBE,
    when: (c, o) =>
      only(
        !o.flag('dry-run') &&
          ((verb(o) === 'delete' &&
            (!/^pods?$|^po$|^pods?\//.test(verb(o, 1)) ||
              o.flag('force', 'field-selector', 'l', 'selector'))) ||
            (verb(o) === 'apply' && o.flag('force', 'prune')) ||
            /--replicas[= ]0\b/.test(line(c)) ||
            (verb(o) === 'taint' && /:NoExecute(?!-)/.test(line(c))) ||
            (verb(o) === 'replace' && o.flag('force')) ||
            (verb(o) === 'patch' && /finalizers[^a-z]*null|finalizers\W*\[\s*\]/.test(line(c)))),
      ),
    example: 'kubectl delete deployment web',
  },
  {
    id: 'helm-uninstall',
    safer: { append: '--dry-run' },
    level: 'high',
    why: 'Removes a release from the cluster.',
    tools: tools('helm'),
    when: (_c, o) => only(/^(?:uninstall|delete|del|un)$/.test(verb(o)) && !o.flag('dry-run')),
    example: 'helm uninstall web',
  },
  {
    id: 'helm-replace',
    safer: { append: '--dry-run' },
    level: 'moderate',
    why: 'Replaces what a release runs, or goes back to an earlier one.',
    tools: tools('helm'),
    when: (_c, o) =>
      only(!o.flag('dry-run') && (verb(o) === 'rollback' || (verb(o) === 'upgrade' && o.flag('force')))),
    example: 'helm rollback web 1',
  },
  {
    id: 'kube-unread',
    level: 'high',
    why: 'Applies or deletes the resources of a file at an address, which nobody has read.',
    tools: KUBE,
    when: (_c, o) =>
      only(
        /^(?:delete|replace)$/.test(verb(o)) || (verb(o) === 'apply' && !o.flag('dry-run')),
        [o.value('f', 'filename', 'k', 'kustomize')]
          .filter((arg) =>
            /^http:\/\/(?!localhost|127\.)|^https:\/\/(?:bit\.ly|tinyurl\.com|t\.co|gist\.|pastebin\.com)/.test(
              arg?.text ?? '',
            ),
          )
          .filter((arg) => arg !== undefined),
      ),
    safer: { append: '--dry-run=server' },
    example: 'kubectl apply -f http://x/all.yaml',
  },
  {
    id: 'kube-admin',
    level: 'high',
    why: 'Gives a user or program every right in the cluster.',
    tools: KUBE,
    when: (c, o) =>
      only(verb(o) === 'create' && /rolebinding/.test(verb(o, 1)), matching(c.args, /cluster-admin/)),
    safer: { instead: '--clusterrole=view' },
    example: 'kubectl create clusterrolebinding x --clusterrole=cluster-admin --user=me',
  },
  {
    id: 'cluster-teardown',
    level: 'high',
    why: 'Takes a cluster or its control plane down, with everything in it.',
    tools: tools(
      'kubeadm k3s-uninstall.sh k3s-agent-uninstall.sh k3d kind flux argocd istioctl linkerd velero etcdctl rke rke2-uninstall.sh microk8s clusterctl',
    ),
    when: (c, o) => {
      const words = o.operands.map((arg) => arg.text).join(' ')
      switch (c.name) {
        case 'kubeadm':
          return only(/^reset\b/.test(words))
        case 'kind':
        case 'k3d':
          return only(/^(?:delete clusters|cluster delete)\b/.test(words) && o.flag('all', 'A', 'a'))
        case 'flux':
        case 'linkerd':
        case 'istioctl':
          return only(/^uninstall\b/.test(words))
        case 'argocd':
          return only(/^(?:app|proj|cluster) (?:delete|rm)\b/.test(words))
        case 'velero':
          return only(/^(?:backup|schedule|restore) delete\b/.test(words))
        case 'rke':
          return only(/^remove\b/.test(words))
        case 'microk8s':
          return only(/^reset\b/.test(words))
        case 'clusterctl':
          return only(/^delete\b/.test(words))
        default:
          return c.name.endsWith('.sh')
      }
    },
    example: 'kubeadm reset -f',
  },
  {
    id: 'cluster-local-remove',
    level: 'moderate',
    why: 'Removes a job or every local cluster with its data.',
    tools: tools('minikube nomad'),
    when: (c, o) =>
      c.name === 'minikube'
        ? only(verb(o) === 'delete' && o.flag('all', 'purge'))
        : only(/^(?:job )?stop\b/.test(o.operands.map((arg) => arg.text).join(' ')) && o.flag('purge')),
    example: 'minikube delete --all --purge',
  },
]
