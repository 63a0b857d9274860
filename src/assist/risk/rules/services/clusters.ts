// Rules about clusters and the workloads in them.
import type { FormRule } from '../forms.ts'

export const CLUSTER_RULES: readonly FormRule[] = [
  {
    id: 'kube-delete-many',
    level: 'high',
    why: 'Deletes a namespace, storage, nodes or everything of a kind, or takes a node away from all that runs on it.',
    finds: `
      !--dry-run
      kubectl|oc|k drain
      _ delete --all|--all-namespaces|-A
      _ delete $
      _ delete <many>`,
    named: {
      many: /^(?:ns|namespaces?|project|pvc?|persistentvolumes?|persistentvolumeclaims?|nodes?|no|crds?|customresourcedefinitions?|all|sts|statefulsets?|storageclass(?:es)?)(?:\/.*|,.*)?$/,
    },
    safer: { append: '--dry-run=server' },
    example: 'kubectl delete namespace prod',
  },
  {
    id: 'kube-delete',
    level: 'moderate',
    given: 'high',
    why: 'Deletes, stops or replaces something that runs in the cluster.',
    safer: { append: '--dry-run=server' },
    finds: `
      !--dry-run|--help
      kubectl|oc|k delete {lasting}
      _ delete --force|--field-selector|-l|--selector
      _ delete .
      _ apply|replace --force
      _ apply --prune
      _ --replicas=0
      _ scale … 0 --replicas
      _ taint <evicting>
      _ patch <unfinalized>`,
    named: {
      lasting: /^(?!pods?$|po$|pods?\/)/,
      evicting: /:NoExecute(?!-)/,
      unfinalized: /finalizers[^a-z]*null|finalizers\W*\[\s*\]/,
    },
    example: 'kubectl delete deployment web',
  },
  {
    id: 'helm-uninstall',
    safer: { append: '--dry-run' },
    level: 'high',
    why: 'Removes a release from the cluster.',
    finds: 'helm uninstall|delete|del|un !--dry-run',
    example: 'helm uninstall web',
  },
  {
    id: 'helm-replace',
    safer: { append: '--dry-run' },
    level: 'moderate',
    why: 'Replaces what a release runs, or goes back to an earlier one.',
    finds: `
      helm rollback !--dry-run
      helm upgrade --force !--dry-run`,
    example: 'helm rollback web 1',
  },
  {
    id: 'kube-unread',
    level: 'high',
    why: 'Applies or deletes the resources of a file at an address, which nobody has read.',
    finds: `
      kubectl|oc|k delete|replace -f|--filename|-k|--kustomize=<anywhere>
      _ apply -f|--filename|-k|--kustomize=<anywhere> !--dry-run`,
    named: {
      anywhere:
        /^http:\/\/(?!localhost|127\.)|^https:\/\/(?:bit\.ly|tinyurl\.com|t\.co|gist\.|pastebin\.com)/,
    },
    safer: { append: '--dry-run=server' },
    example: 'kubectl apply -f http://x/all.yaml',
  },
  {
    id: 'kube-admin',
    level: 'high',
    why: 'Gives a user or program every right in the cluster.',
    finds: 'kubectl|oc|k create *rolebinding* words<admin>',
    named: { admin: /cluster-admin/ },
    safer: { instead: '--clusterrole=view' },
    example: 'kubectl create clusterrolebinding x --clusterrole=cluster-admin --user=me',
  },
  {
    id: 'cluster-teardown',
    level: 'high',
    why: 'Takes a cluster or its control plane down, with everything in it.',
    finds: `
      kubeadm|microk8s reset
      k3s-uninstall.sh|k3s-agent-uninstall.sh|rke2-uninstall.sh
      kind delete clusters --all|-A|-a
      k3d cluster delete --all|-A|-a
      flux|linkerd|istioctl uninstall
      argocd app|proj|cluster delete|rm
      velero backup|schedule|restore delete
      scontrol shutdown|reboot|takeover
      scontrol delete partition*
      badmin|lsadmin *shutdown|*shut
      qterm !-h
      condor_off -all
      qconf -k*|-d*
      qmgr /delete (?:queue|server|node) /
      pcs cluster destroy|kill
      pcs|crm cluster stop --all
      pcs|crm stonith|node fence
      stonith_admin -B|-F|--reboot|--fence|--off
      crm_node -R|--remove
      pvecm delnode
      rke remove
      clusterctl delete`,
    example: 'kubeadm reset -f',
  },
  {
    id: 'cluster-local-remove',
    level: 'moderate',
    given: 'high',
    why: 'Removes or interrupts jobs, or takes away a machine or a local cluster on which they run.',
    finds: `
      minikube delete --all|--purge
      scontrol suspend|requeue|requeuehold|abort
      scontrol update words<away>
      scancel -u|-A|-p|-t|--user|--account|--partition|--state
      qdel|bkill all|0
      qdel|bkill -u|-f
      condor_rm -a|-all|-constraint
      condor_drain|condor_off !-help
      pbsnodes -o
      qmod -d|-dq|-s|-sq
      badmin hclose|qclose
      pcs|crm node standby
      pcs|crm resource stop|disable|ban
      pcs cluster stop
      nomad stop --purge
      nomad job stop --purge`,
    named: { away: /^state=(?:down|drain|fail|inactive|power_down)/i },
    example: 'minikube delete --all --purge',
  },
]
