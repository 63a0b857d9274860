// Rules about infrastructure, clouds, virtual machines and published packages.
import { byTool, type FormRule, type Rewrite, say, tried, without } from '../kit.ts'
import { KEPT } from '../verbs.ts'

const APPROVED = /^--?auto-approve(?:=(?:true|t|1))?$/i

/** The plan of what would be destroyed, with all the other words: options name the target and the values. */
const planned: Rewrite = (c) =>
  say(
    c.name,
    ...c.args.flatMap(({ text }) =>
      text === 'destroy' ? ['plan', '-destroy'] : APPROVED.test(text) ? [] : [text],
    ),
  )

export const PLATFORM_RULES: readonly FormRule[] = [
  {
    id: 'infra-destroy',
    level: 'high',
    why: 'Destroys infrastructure and the data on it, or the record of it.',
    finds: `
      terraform|tofu|terragrunt destroy
      terraform|tofu|terragrunt workspace delete
      terraform|tofu|terragrunt state rm !--dry-run
      terraform|tofu|terragrunt apply|run-all|state --destroy
      terraform|tofu|terragrunt apply|run-all|state destroy
      pulumi|cdk|serverless|sls|sam|eksctl|kops destroy|remove|delete|down !--preview-only|--dry-run
      pulumi stack rm`,
    safer: byTool({ 'terraform destroy|tofu destroy': planned, 'pulumi destroy': tried('--preview-only') }),
    example: 'terraform destroy',
  },
  {
    id: 'infra-unseen',
    level: 'high',
    why: 'Changes infrastructure without showing the plan first, which may replace or destroy what others use.',
    finds: `
      terraform|tofu|terragrunt apply --auto-approve !--auto-approve=false
      terraform|tofu|terragrunt run-all apply
      terragrunt * apply --all
      pulumi up -y|--yes
      cdk deploy --require-approval=never
      cdk deploy … never --require-approval`,
    safer: byTool({
      'terraform apply': without(APPROVED),
      'tofu apply': without(APPROVED),
      'pulumi up': without(/^(?:-y|--yes)$/),
    }),
    example: 'terraform apply -auto-approve',
  },
  {
    id: 'infra-state',
    level: 'moderate',
    given: 'high',
    why: 'Changes the record of the state of infrastructure, or opens its lock.',
    finds: `
      terraform|tofu|terragrunt state mv|push|replace-provider !--dry-run
      terraform|tofu|terragrunt force-unlock|taint`,
    example: 'terraform force-unlock 1',
  },
  {
    id: 'cloud-delete-data',
    level: 'high',
    why: 'Deletes stored data, machines or keys in the cloud.',
    finds: `
      aws s3 rb
      aws s3 rm|sync --recursive|--force|--delete !--dryrun
      aws * <lost>
      gsutil rb
      gsutil rm -r|-R|-a
      gsutil rm <deep>
      gsutil rsync -d !-n
      rclone purge|delete|deletefile !-n|--dry-run
      s3cmd|mc|b2 rb|delete-bucket
      s3cmd|mc|b2 rm|del -r|--recursive|--force
      gh repo delete|archive
      gh api <whole> -X|--method=DELETE
      supabase db reset --linked|--db-url
      heroku <app>
      gcloud|az|doctl|flyctl|fly|openstack|ibmcloud|linode-cli|hcloud|vercel|netlify|oci|wrangler|firebase|bq|railway|render|scw|aliyun <loses>
      gcloud|az|doctl|flyctl|fly|openstack|ibmcloud|linode-cli|hcloud|netlify|oci|wrangler|firebase|bq|railway|render|scw|aliyun <rm> -r|-R|--recursive
      vercel <rm>`,
    named: {
      lost: new RegExp(
        `^(?:delete-(?:db|bucket|objects?|table|stack|cluster|nodegroup|volume|snapshot|user|role|key|vault|file-system|repository|hosted-zone|secret|instance|trail|detector|flow-logs|configuration-recorder|log-group|function|pool|domain|certificate-authority|backup|stream|replication-group|distribution|archive\\b)|admin-delete-|batch-delete-|terminate-|stop-logging|stop-configuration-recorder|put-bucket-lifecycle-configuration|leave-organization|disable-|schedule-key-deletion|purge-queue|deregister-image|delete.*${KEPT.source})`,
        'i',
      ),
      whole: /^\/?(?:repos|orgs)\/[^/ ]+(?:\/[^/ ]+)?$/,
      deep: /\*\*/,
      app: /^(?:apps|addons|pg|clients|domains|repo|container|members|access):(?:destroy|delete|reset|remove|rm)\b/,
      loses: /^(?:\S+[:-])?(?:delete|destroy|purge|remove|terminate)(?:-\S+)?$/,
      rm: /^(?:\S+[:-])?rm(?:-\S+)?$/,
    },
    safer: byTool({ 'aws s3 rm|aws s3 sync': tried('--dryrun'), rclone: tried('--dry-run') }),
    example: 'aws s3 rm s3://b --recursive',
  },
  {
    id: 'cloud-remove',
    level: 'moderate',
    given: 'high',
    why: 'Deletes an object, detaches or restarts something, or unsets a setting in the cloud.',
    finds: `
      !--dryrun|--dry-run|--help
      gsutil|rclone <takes> !-n
      azcopy sync --delete-destination
      aws|gcloud|heroku|flyctl|fly|netlify|vercel|az|mc|s3cmd|azcopy|gh <takes>
      aws secretsmanager put-secret-value|update-secret
      aws route53 change-resource-record-sets <removal>
      aws rds stop-db-*
      aws ecs stop-task
      az ad sp|app credential reset
      az account clear
      az vm deallocate
      heroku ps:*|maintenance:on|env:clone|access:update|clients:update
      flyctl|fly scale count 0
      gh repo edit --visibility`,
    named: {
      takes:
        /^(?:.*:)?(?:rm|unset|untag|remove|del|kill|stop|restart|detach|rotate|leave|disable|rename|rollback)$/,
      removal: /"Action"\s*:\s*"DELETE"/,
    },
    example: 'gsutil rm gs://bucket/file',
    yields: true,
  },
  {
    id: 'cloud-delete',
    level: 'moderate',
    given: 'high',
    why: 'Deletes a resource in the cloud.',
    finds: `
      aws * {ends}`,
    named: {
      ends: /^(?:delete|remove|deregister|detach|disassociate|revoke|release|terminate|suspend|cancel|reset|purge|disable)-(?!tags?\b|message)/,
    },
    example: 'aws ec2 delete-security-group --group-id g',
  },
  {
    id: 'machine-destroy',
    level: 'high',
    why: 'Deletes a virtual machine or its disks.',
    finds: `
      virsh undefine|vol-delete|vol-wipe|pool-delete|snapshot-delete
      VBoxManage|vboxmanage --delete|--delete-all
      qm|pct des*
      vagrant|multipass|limactl|incus|lxc|prlctl destroy|delete`,
    example: 'vagrant destroy -f',
  },
  {
    id: 'unpublish',
    level: 'high',
    why: 'Withdraws a package that others may already build on.',
    finds: `
      !--undo|--dry-run
      npm|yarn|pnpm|cargo|gem|twine *? unpublish|yank`,
    safer: byTool({ npm: tried('--dry-run') }),
    example: 'npm unpublish x --force',
  },
  {
    id: 'publish',
    level: 'moderate',
    given: 'high',
    why: 'Publishes a package for everybody, or warns everybody against one.',
    finds: `
      !--undo|--dry-run|-n
      npm|yarn|pnpm|cargo|gem|twine|poetry|uv|flit|hatch|lerna|changeset *? deprecate|publish|push|upload|deploy
      mvn|mvnw|gradle|gradlew|sbt *? publish|deploy|deploy:deploy|release:perform|publishToMavenCentral`,
    safer: byTool({ 'npm|pnpm|cargo': tried('--dry-run') }),
    example: 'npm publish',
  },
  {
    id: 'cloud-open',
    level: 'high',
    why: 'Gives other people, or everybody, access to resources in the cloud.',
    finds: `
      aws … iam attach-user-policy|attach-role-policy|attach-group-policy|put-user-policy|put-role-policy|put-group-policy
      aws … iam create-policy-version|update-assume-role-policy
      aws … authorize-security-group-ingress ~open
      aws|gcloud|az|gsutil ~public
      gcloud … add-iam-policy-binding ~owner
      az … role assignment create ~owner`,
    named: {
      open: /0\.0\.0\.0\/0|::\/0|--protocol (?:all|-1)/,
      public:
        /\b(?:acl|acls?|grant\S*)[= ]*public-read|public-read-write|allUsers|allAuthenticatedUsers|put-public-access-block\b.*false|delete-public-access-block/,
      owner: /roles\/(?:owner|editor|iam\.)|Owner|Contributor/,
    },
    example:
      'aws iam attach-user-policy --user-name x --policy-arn arn:aws:iam::aws:policy/AdministratorAccess',
  },
  {
    id: 'cloud-credential',
    level: 'moderate',
    given: 'high',
    why: 'Makes or prints a key with which anybody can act in your name.',
    finds: `
      aws iam create-access-key
      aws configure export-credentials
      gcloud … service-accounts keys create
      az ad sp create-for-rbac
      op … item get --reveal`,
    example: 'aws iam create-access-key --user-name admin',
  },
  {
    id: 'vault-close',
    level: 'high',
    why: 'Seals the secret store, or deletes secrets in it.',
    finds: `
      !--help|-h|--dry-run
      vault|bao operator seal|step-down
      vault|bao secrets|auth disable
      vault|bao kv metadata delete
      vault|bao kv destroy|delete
      vault|bao policy delete
      vault|bao token|lease revoke
      vault|bao delete
      op item|vault|user|document|group delete
      doppler secrets delete
      pass|gopass|op|doppler rm|remove|delete`,
    example: 'vault operator seal',
  },
]
