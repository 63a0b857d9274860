// Rules about protection and reachability of the machine: firewall, confinement, audit, services, kernel.
import { resolvePath } from '../../line/paths.ts'
import type { SimpleCommand } from '../../model.ts'
import type { FormRule } from '../forms.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'
import { appended, overwritten } from '../targets.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const VITAL_SERVICE =
  /^(?:sshd?|ssh|NetworkManager|networking|systemd-(?:networkd|resolved|logind|journald|udevd)|dbus|wpa_supplicant|cron|crond|rsyslog|getty.*|display-manager|gdm|docker|containerd|kubelet|karo)(?:\.service|\.socket)?$/
const DEFENCE =
  /^(?:firewalld|ufw|iptables|nftables|apparmor|auditd|fail2ban|clamav.*|falcon-sensor|selinux.*|osqueryd|wazuh-agent|crowdsec|falco|snoopy|aide.*|tripwire|ossec.*|suricata|snort|rsyslog|systemd-journald)(?:\.service)?$/

/** A rule that drops what comes to ssh, or everything. */
const LOCKS_OUT =
  /^(?:-t filter )?(?:(?:-[AI]|--append|--insert) (?:INPUT|OUTPUT)\b(?!.*(?:-s|--source|-d|-i|--in-interface|-m (?:conntrack|state|recent|limit)) ).*-j (?:DROP|REJECT)|-P (?:INPUT|OUTPUT) DROP)|--dport (?:22|ssh)\b.*-j (?:DROP|REJECT)/

/** Settings of firewalls, of confinement and of what watches logins. */
const PROTECTION =
  /^\/(?:etc\/(?:ufw|default\/ufw|iptables|nftables|selinux|apparmor\S*|fail2ban|crowdsec|hosts\.(?:allow|deny)|sysctl\.|securetty|login\.defs|shells$|ssh\/sshd_config|doas\.conf|polkit-1\/|cron\.(?:allow|deny)$|at\.(?:allow|deny)$|audisp\/|libaudit\.conf|nsswitch\.conf|krb5\.conf|motd$)|(?:sys\/fs\/)?selinux\/|sys\/kernel\/security\/|var\/(?:log\/(?:[bw]tmp|lastlog|faillog|tallylog|audit\/)|run\/utmp)|run\/utmp|(?:usr\/)?s?bin\/[^/]+$)/

/** Files that say who may log in, or what is recorded. */
const ADMITS =
  /\/\.ssh\/authorized_keys2?$|^\/etc\/(?:audit\/|apparmor\.d\/|pam\.d\/|sudoers\.d\/|fail2ban\/|ssl\/certs\/)/

export const DEFENCE_RULES: readonly (Rule | FormRule)[] = [
  {
    id: 'defence-off',
    level: 'high',
    why: 'Turns off a protection of the machine, or locks everybody out of it.',
    finds: `
      systemctl stop|disable|mask|kill <defence>
      service <defence> … stop
      chkconfig|update-rc.d <defence> … off|disable|remove
      setenforce {permissive}
      ufw disable|reset
      ufw logging off
      ufw default allow !outgoing
      iptables|ip6tables -F|-X|--flush|--delete-chain
      iptables|ip6tables … ACCEPT -P|--policy
      nft flush ruleset
      nft flush|delete table|chain
      firewall-cmd --panic-off|--complete-reload
      firewall-cmd --set-default-zone=trusted
      aa-teardown|aa-disable|aa-complain
      apparmor_parser -R|--remove
      auditctl … 0 -e
      auditctl -e0
      spctl --master-disable|--global-disable
      csrutil disable
      pfctl -d|-F
      sed|tee <confinement>`,
    named: {
      defence: DEFENCE,
      permissive: /^(?:0|permissive)$/i,
      confinement: /SELINUX=(?:disabled|permissive)|enforcing\/(?:disabled|permissive)\/|selinux\/enforce$/,
    },
    when: (c) => only(c.name.startsWith('ip') && LOCKS_OUT.test(line(c))),
    example: 'setenforce 0',
  },
  {
    id: 'defence-settings',
    level: 'moderate',
    why: 'Changes a program of the system, the record of logins, or the settings of what protects the machine.',
    tools: ['*'],
    when: (c, o) =>
      /^(?:rm|unlink|shred)$/.test(c.name)
        ? o.operands.filter((arg) => ADMITS.test(resolvePath(arg.text, c.scope)))
        : [...overwritten(c, o), ...appended(c, o)].filter((arg) =>
            PROTECTION.test(resolvePath(arg.text, c.scope)),
          ),
    example: 'echo ENABLED=no >> /etc/ufw/ufw.conf',
    yields: true,
  },
  {
    id: 'service-stop',
    level: 'high',
    why: 'Stops a service that you or the system need to stay connected.',
    tools: tools('systemctl service rc-service ssh sshd networking NetworkManager docker'),
    when: (c, o) =>
      /^(?:ssh|sshd|networking|NetworkManager|docker)$/.test(c.name)
        ? only(c.path.startsWith('/etc/init.d/') && verb(o) === 'stop')
        : c.name === 'service' || c.name === 'rc-service'
          ? only(verb(o, 1) === 'stop', matching(o.operands.slice(0, 1), VITAL_SERVICE))
          : only(/^(?:stop|disable|mask|kill)$/.test(verb(o)), matching(o.operands.slice(1), VITAL_SERVICE)),
    example: 'systemctl stop sshd',
  },
  {
    id: 'service-interrupted',
    level: 'moderate',
    why: 'Stops a service, or keeps it from starting again, for everybody who uses it.',
    tools: tools(
      'systemctl service rc-service rc-update initctl sv launchctl chkconfig update-rc.d pg_ctl pg_ctlcluster',
    ),
    when: (c, o) => {
      if (o.flag('user')) return undefined
      const words = o.operands.map((arg) => arg.text)
      if (c.name.startsWith('pg_')) return matching(o.operands, /^(?:stop|kill)$/)
      const at = /^(?:systemctl|initctl|sv|launchctl)$/.test(c.name) ? 0 : 1
      return only(
        /^(?:stop|disable|mask|kill|down|off|remove|del|unload|bootout)$/.test(words[at] ?? '') ||
          (c.name === 'rc-update' && /^del/.test(words[0] ?? '')),
        words.length > 1,
      )
    },
    example: 'systemctl stop nginx',
    yields: true,
  },
  {
    id: 'kernel-module',
    level: 'high',
    why: 'Loads code into the running kernel, or removes code from it.',
    finds: `
      insmod|rmmod|kextload|kextunload|kldload|kldunload *
      modprobe -r|--remove|-f|--force
      kmod insert|remove
      bpftool prog load*`,
    example: 'insmod evil.ko',
  },
  {
    id: 'firewall-open',
    level: 'high',
    why: 'Opens the firewall, or empties its rules.',
    tools: tools('iptables ip6tables iptables-restore ip6tables-restore nft ebtables arptables ufw'),
    when: (c, o) => {
      if (/-restore$/.test(c.name))
        return only(
          c.redirections.some((r) => r.target.text === '/dev/null') || c.input.text === '',
          c.redirections.length > 0,
        )
      if (/^(?:ebtables|arptables)$/.test(c.name)) return only(o.flag('F', 'X', 'flush'))
      if (c.name === 'ufw')
        return only(
          verb(o) === 'allow' &&
            /^(?:from )?(?:any|0\.0\.0\.0\/0)$/.test(
              o.operands
                .slice(1)
                .map((arg) => arg.text)
                .join(' '),
            ),
        )
      if (c.name === 'nft') return undefined
      return only(/^-[IA] INPUT (?:\d+ )?-j ACCEPT$/.test(line(c)))
    },
    example: 'iptables -I INPUT -j ACCEPT',
  },
  {
    id: 'firewall-rule-removed',
    level: 'moderate',
    why: 'Removes a rule from the firewall.',
    finds: `
      iptables|ip6tables -D|--delete
      ipset flush|destroy
      ipset -F|-X
      ufw delete {rule}
      firewall-cmd --remove-*|--delete-*`,
    named: { rule: /^(?:\d+|deny|reject|limit)$/ },
    example: 'iptables -D INPUT 1',
  },
  {
    id: 'kernel-setting',
    level: 'high',
    why: 'Turns off a protection of the kernel, or changes what it does in case of an error.',
    tools: tools('sysctl'),
    when: (c) =>
      matching(
        c.args,
        /^(?:kernel[./](?:randomize_va_space=0|sysrq=[1-9]\d*|kptr_restrict=0|dmesg_restrict=0|yama[./]ptrace_scope=0|core_pattern=\|.*|unprivileged_bpf_disabled=0|modules_disabled=0|kexec_load_disabled=0|panic=0|hung_task_panic=1)|fs[./](?:suid_dumpable=[12]|protected_\w+=0)|vm[./](?:overcommit_memory=2|mmap_min_addr=0|panic_on_oom=[12])|net[./].*(?:accept_source_route|accept_redirects)=1|net[./].*(?:rp_filter|tcp_syncookies)=0)$/,
      ),
    example: 'sysctl -w kernel.randomize_va_space=0',
  },
]
