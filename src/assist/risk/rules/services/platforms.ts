// Rules about infrastructure, clouds, virtual machines and published packages.
import type { SimpleCommand } from '../../model.ts'
import { byTool, type Rewrite, say, tried, without } from '../rewrite.ts'
import { only, type Rule, tools, verb } from '../rule.ts'
import { KEPT } from '../verbs.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const APPROVED = /^--?auto-approve(?:=(?:true|t|1))?$/i

/** The plan of what would be destroyed, with all the other words: options name the target and the values. */
const planned: Rewrite = (c) =>
  say(
    c.name,
    ...c.args.flatMap(({ text }) =>
      text === 'destroy' ? ['plan', '-destroy'] : APPROVED.test(text) ? [] : [text],
    ),
  )

export const PLATFORM_RULES: readonly Rule[] = [
  {
    id: 'infra-destroy',
    level: 'high',
    why: 'Destroys infrastructure and the data on it, or the record of it.',
    tools: tools(
      'terraform tofu terragrunt pulumi cdk serverless sls sam eksctl kops kind minikube k3d vagrant packer',
    ),
    when: (c, o) => {
      if (/^(?:kind|minikube|k3d|vagrant|packer)$/.test(c.name)) return undefined
      if (/^(?:terraform|tofu|terragrunt)$/.test(c.name))
        return only(
          verb(o) === 'destroy' ||
            (verb(o) === 'workspace' && verb(o, 1) === 'delete') ||
            (verb(o) === 'state' && verb(o, 1) === 'rm' && !o.flag('dry-run')) ||
            (/^(?:apply|run-all|state)$/.test(verb(o)) &&
              (c.args.some((arg) => arg.text === '-destroy' || arg.text === '--destroy') ||
                verb(o, 1) === 'destroy')),
        )
      return only(
        (/^(?:destroy|remove|delete|down)$/.test(verb(o)) && !o.flag('preview-only', 'dry-run')) ||
          (c.name === 'pulumi' && verb(o) === 'stack' && verb(o, 1) === 'rm'),
      )
    },
    safer: byTool({
      'terraform destroy': planned,
      'tofu destroy': planned,
      'pulumi destroy': tried('--preview-only'),
    }),
    example: 'terraform destroy',
  },
  {
    id: 'infra-unseen',
    level: 'high',
    why: 'Changes infrastructure without showing the plan first, which may replace or destroy what others use.',
    tools: tools('terraform tofu terragrunt pulumi cdk'),
    when: (c, o) =>
      only(
        (verb(o) === 'apply' && c.args.some((arg) => APPROVED.test(arg.text))) ||
          ((verb(o) === 'run-all' || o.flag('all')) && verb(o, 1) === 'apply') ||
          (c.name === 'pulumi' && verb(o) === 'up' && o.flag('y', 'yes')) ||
          (c.name === 'cdk' && verb(o) === 'deploy' && /--require-approval[= ]never\b/.test(line(c))),
      ),
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
    why: 'Changes the record of the state of infrastructure, or opens its lock.',
    tools: tools('terraform tofu terragrunt'),
    when: (_c, o) =>
      only(
        (verb(o) === 'state' && /^(?:mv|push|replace-provider)$/.test(verb(o, 1)) && !o.flag('dry-run')) ||
          verb(o) === 'force-unlock' ||
          verb(o) === 'taint',
      ),
    example: 'terraform force-unlock 1',
  },
  {
    id: 'cloud-delete-data',
    level: 'high',
    why: 'Deletes stored data, machines or keys in the cloud.',
    tools: tools(
      'aws gcloud gsutil az doctl heroku flyctl fly gh b2 rclone mc s3cmd openstack ibmcloud linode-cli hcloud vercel netlify oci wrangler supabase firebase bq railway render scw aliyun',
    ),
    when: (c, o) => {
      const text = o.operands.map((arg) => arg.text).join(' ')
      switch (c.name) {
        case 'aws':
          return only(
            /^s3 (?:rb|rm|sync)\b/.test(text)
              ? !o.flag('dryrun') && (o.flag('recursive', 'force', 'delete') || /^s3 rb/.test(text))
              : /^\S+ (?:delete-(?:db|bucket|objects?|table|stack|cluster|nodegroup|volume|snapshot|user|role|key|vault|file-system|repository|hosted-zone|secret|instance|trail|detector|flow-logs|configuration-recorder|log-group|function|pool|domain|certificate-authority|backup|stream|replication-group|distribution|archive\b)\S*|admin-delete-\S+|batch-delete-\S+|terminate-\S+|stop-logging|stop-configuration-recorder|put-bucket-lifecycle-configuration|leave-organization|disable-\S+|schedule-key-deletion|purge-queue|deregister-image)/.test(
                  text,
                ) || KEPT.test(/^\S+ delete-(\S+)/.exec(text)?.[1] ?? ''),
          )
        case 'gsutil':
          return only(
            (/^(?:rb|rm)\b/.test(text) && (o.flag('r', 'R', 'a') || /^rb/.test(text) || /\*\*/.test(text))) ||
              (/^rsync\b/.test(text) && o.flag('d') && !o.flag('n')),
          )
        case 'rclone':
          return only(!o.flag('n', 'dry-run') && /^(?:purge|delete|deletefile)\b/.test(text))
        case 's3cmd':
        case 'mc':
        case 'b2': {
          const many = /^(?:rm|del)\b/.test(text) && o.flag('r', 'recursive', 'force')
          return only(/^(?:rb|delete-bucket)\b/.test(text) || many)
        }
        case 'gh':
          return only(
            /^repo (?:delete|archive)\b/.test(text) ||
              (verb(o) === 'api' &&
                o.value('X', 'method')?.text.toUpperCase() === 'DELETE' &&
                /^api \/?(?:repos|orgs)\/[^/ ]+(?:\/[^/ ]+)?$/.test(text)),
          )
        case 'supabase':
          return only(/^db reset\b/.test(text) && o.flag('linked', 'db-url'))
        case 'heroku':
          return only(
            /^(?:apps|addons|pg|clients|domains|repo|container|members|access):(?:destroy|delete|reset|remove|rm)\b/.test(
              text,
            ),
          )
        default:
          return only(
            /(?:^|\s)(?:\S+:|\S+-)?(?:delete|destroy|purge|remove|terminate|rm)(?:-\S+)?(?:\s|$)/.test(
              text,
            ) &&
              (!/\brm\b/.test(text) || c.name === 'vercel' || o.flag('r', 'R', 'recursive')),
          )
      }
    },
    safer: byTool({
      'aws s3 rm': tried('--dryrun'),
      'aws s3 sync': tried('--dryrun'),
      rclone: tried('--dry-run'),
    }),
    example: 'aws s3 rm s3://b --recursive',
  },
  {
    id: 'cloud-remove',
    level: 'moderate',
    why: 'Deletes an object, detaches or restarts something, or unsets a setting in the cloud.',
    tools: tools('aws gcloud gsutil rclone heroku flyctl fly netlify vercel az mc s3cmd azcopy gh'),
    when: (c, o) => {
      const words = o.operands.map((arg) => arg.text)
      const text = words.filter((word) => !/\s/.test(word)).join(' ')
      return only(
        !o.flag('dryrun', 'dry-run', ...(/^(?:gsutil|rclone)$/.test(c.name) ? ['n'] : [])) &&
          (/(?:^|\s|:)(?:rm|unset|untag|remove|del|kill|stop|restart|detach|rotate|leave|disable|rename|rollback)(?:\s|$)/.test(
            text,
          ) ||
            /^(?:secretsmanager (?:put-secret-value|update-secret)|route53 change-resource-record-sets .*DELETE|ps:|maintenance:on|ad (?:sp|app) credential reset|account clear|rds stop-db-\w+|ecs stop-task|vm deallocate|scale count 0$|env:clone|access:update|clients:update)/.test(
              text,
            ) ||
            (c.name === 'aws' && /"Action"\s*:\s*"DELETE"/.test(line(c))) ||
            (c.name === 'gh' && /^repo edit\b/.test(text) && /--visibility/.test(line(c)))),
      )
    },
    example: 'gsutil rm gs://bucket/file',
    yields: true,
  },
  {
    id: 'cloud-delete',
    level: 'moderate',
    why: 'Deletes a resource in the cloud.',
    tools: tools('aws'),
    when: (_c, o) =>
      /^[\w-]+ (?:delete|remove|deregister|detach|disassociate|revoke|release|terminate|suspend|cancel|reset|purge|disable)-(?!tags?\b|message)/.test(
        `${verb(o)} ${verb(o, 1)}`,
      ),
    example: 'aws ec2 delete-security-group --group-id g',
  },
  {
    id: 'machine-destroy',
    level: 'high',
    why: 'Deletes a virtual machine or its disks.',
    tools: tools('vagrant virsh VBoxManage vboxmanage multipass qm pct limactl incus lxc prlctl'),
    when: (c, o) => {
      switch (c.name) {
        case 'virsh':
          return only(/^(?:undefine|vol-delete|vol-wipe|pool-delete|snapshot-delete)$/.test(verb(o)))
        case 'VBoxManage':
        case 'vboxmanage':
          return only(/--delete(?:-all)?\b/.test(line(c)))
        case 'qm':
        case 'pct':
          return only(/^des/.test(verb(o)))
        default:
          return only(/^(?:destroy|delete)$/.test(verb(o)) && o.operands.length + c.args.length > 1)
      }
    },
    example: 'vagrant destroy -f',
  },
  {
    id: 'unpublish',
    level: 'high',
    why: 'Withdraws a package that others may already build on.',
    tools: tools('npm yarn pnpm cargo gem twine'),
    when: (_c, o) =>
      only(
        o.operands.slice(0, 2).some((arg) => /^(?:unpublish|yank)$/.test(arg.text)) &&
          !o.flag('undo', 'dry-run'),
      ),
    safer: byTool({ npm: tried('--dry-run') }),
    example: 'npm unpublish x --force',
  },
  {
    id: 'publish',
    level: 'moderate',
    why: 'Publishes a package for everybody, or warns everybody against one.',
    tools: tools(
      'npm yarn pnpm cargo gem twine poetry uv flit hatch mvn mvnw gradle gradlew sbt lerna changeset',
    ),
    when: (_c, o) =>
      only(
        !o.flag('undo', 'dry-run', 'n') &&
          o.operands
            .slice(0, 2)
            .some((arg) =>
              /^(?:deprecate|publish|push|upload|deploy|deploy:deploy|release:perform|publishToMavenCentral)$/.test(
                arg.text,
              ),
            ),
      ),
    safer: byTool({ npm: tried('--dry-run'), pnpm: tried('--dry-run'), cargo: tried('--dry-run') }),
    example: 'npm publish',
  },
  {
    id: 'cloud-open',
    level: 'high',
    why: 'Gives other people, or everybody, access to resources in the cloud.',
    tools: tools('aws gcloud az gsutil'),
    when: (c) => {
      const text = line(c)
      return only(
        /\biam (?:attach-(?:user|role|group)-policy|put-(?:user|role|group)-policy|create-policy-version|update-assume-role-policy)\b/.test(
          text,
        ) ||
          /authorize-security-group-ingress\b.*(?:0\.0\.0\.0\/0|::\/0).*|authorize-security-group-ingress\b.*--protocol (?:all|-1)/.test(
            text,
          ) ||
          /\b(?:acl|acls?|grant\S*)[= ]*public-read|public-read-write|allUsers|allAuthenticatedUsers|put-public-access-block\b.*false|delete-public-access-block/.test(
            text,
          ) ||
          /add-iam-policy-binding\b.*roles\/(?:owner|editor|iam\.)/.test(text) ||
          /role assignment create\b.*(?:Owner|Contributor)/.test(text),
      )
    },
    example:
      'aws iam attach-user-policy --user-name x --policy-arn arn:aws:iam::aws:policy/AdministratorAccess',
  },
  {
    id: 'cloud-credential',
    level: 'moderate',
    why: 'Makes or prints a key with which anybody can act in your name.',
    tools: tools('aws gcloud az op'),
    when: (c) =>
      only(
        /\biam create-access-key\b|\bconfigure export-credentials\b|service-accounts keys create\b|ad sp create-for-rbac|item get\b.*--reveal/.test(
          line(c),
        ),
      ),
    example: 'aws iam create-access-key --user-name admin',
  },
  {
    id: 'vault-close',
    level: 'high',
    why: 'Seals the secret store, or deletes secrets in it.',
    tools: tools('vault bao op doppler pass gopass'),
    when: (_c, o) =>
      only(
        !o.flag('help', 'h', 'dry-run') &&
          /^(?:operator (?:seal|step-down)|secrets (?:disable|delete)|auth disable|kv (?:metadata delete|destroy|delete)|policy delete|delete|token revoke|lease revoke|(?:item|vault|user|document|group) delete|rm|remove)\b/.test(
            o.operands.map((arg) => arg.text).join(' '),
          ),
      ),
    example: 'vault operator seal',
  },
]
