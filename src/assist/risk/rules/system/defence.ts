// Rules about protection and reachability of the machine: firewall, confinement, audit, services, kernel.
import type { NamedForms } from '../../forms.ts'
import { baseName } from '../../model.ts'
import type { FormRule } from '../forms.ts'

/** What protects the machine or watches it, by the names of services, packages and processes. */
export const PROTECTORS = String.raw`firewalld|ufw|iptables|nftables|apparmor|selinux\S*|auditd|fail2ban\S*|clamav\S*|crowdsec|falcon?\S*|crowdstrike\S*|snoopy|aide\S*|tripwire|rkhunter|chkrootkit|ossec\S*|osquery\S*|wazuh\S*|suricata|snort|zeek|rsyslog|auditbeat|elastic-agent|elastic-endpoint|sysmon\S*|mdatp|sentinelone\S*|usbguard|opensnitch`
/** What the machine needs to be reached and to work. */
const VITAL =
  'sshd?|NetworkManager|networking|systemd-(?:networkd|resolved|logind|journald|udevd)|dbus|wpa_supplicant|crond?|rsyslog|getty.*|display-manager|gdm|docker|containerd|kubelet|karo'

/** What managers of services call it when a service stops, or does not start again. */
const STOPS =
  'stop|disable|mask|kill|down|off|remove|del|unload|bootout|force-stop|force-shutdown|exit|shutdown|quit|unmonitor'
/** Signals that make a program read its files again or report its state; signal 0 does nothing. */
export const TOLD = /^(?:SIG)?(?:HUP|USR[12]|WINCH|CONT|0|1|10|12)$/i

/** Commands that stop such services, by managers that are told first what to do, or first with which service. */
const STOPPING = `
  systemctl|initctl|sv|launchctl|deb-systemd-invoke|dinitctl|herd|monit|supervisorctl|circusctl ${STOPS} <service>
  service|rc-service|invoke-rc.d|rc-update|chkconfig|update-rc.d <service> … ${STOPS}
  rc-update del* <service>
  svc|s6-svc -d|-x <service>
  s6-rc … change -d|-D <service>`
const STOPS_DAEMON = 'start-stop-daemon -K|--stop words<service> !-t|--test !-s|--signal=<told>'

/** What these forms name, for services of these names. Some managers name one by its directory or program. */
function stopped(names: string): NamedForms {
  const pattern = new RegExp(`^(?:${names})(?:\\.service|\\.socket)?$`)
  return {
    service: ({ text }) => pattern.test(baseName(text)),
    told: TOLD,
    script: (_arg, { path }) => path.startsWith('/etc/init.d/'),
  }
}

/** A rule that drops what comes to ssh, or everything. */
const LOCKS_OUT =
  /^(?:-t filter )?(?:(?:-[AI]|--append|--insert) (?:INPUT|OUTPUT)\b(?!.*(?:-s|--source|-d|-i|--in-interface|-m (?:conntrack|state|recent|limit)) ).*-j (?:DROP|REJECT)|-P (?:INPUT|OUTPUT) DROP)|--dport (?:22|ssh)\b.*-j (?:DROP|REJECT)/

export const DEFENCE_RULES: readonly FormRule[] = [
  {
    id: 'defence-off',
    level: 'high',
    why: 'Turns off a protection of the machine, or locks everybody out of it.',
    finds: `
      ${STOPS_DAEMON}
      ${STOPPING}
      apparmor|auditd|fail2ban|firewalld|iptables|nftables|rsyslog|ufw stop ~script
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
      sed|tee <confinement>
      iptables|ip6tables ~lockout`,
    named: {
      ...stopped(`${PROTECTORS}|systemd-journald`),
      permissive: /^(?:0|permissive)$/i,
      lockout: LOCKS_OUT,
      confinement: /SELINUX=(?:disabled|permissive)|enforcing\/(?:disabled|permissive)\/|selinux\/enforce$/,
    },
    example: 'setenforce 0',
  },
  {
    id: 'defence-settings',
    level: 'moderate',
    why: 'Changes a program of the system, the record of logins, or the settings of what protects the machine.',
    finds: `
      rm|unlink|shred files<admits>
      * changes<protection>`,
    example: 'echo ENABLED=no >> /etc/ufw/ufw.conf',
    yields: true,
  },
  {
    id: 'service-stop',
    level: 'high',
    why: 'Stops a service that you or the system need to stay connected.',
    finds: `
      ${STOPS_DAEMON}
      ${STOPPING}
      ssh|sshd|networking|NetworkManager|docker stop ~script`,
    named: stopped(VITAL),
    example: 'systemctl stop sshd',
  },
  {
    id: 'service-interrupted',
    level: 'moderate',
    why: 'Stops a service, or keeps it from starting again, for everybody who uses it.',
    finds: `
      ${STOPS_DAEMON}
      rndc|unbound-control|knotc|nsd-control|chronyc|postfix|doveadm|ejabberdctl|prosodyctl stop|halt|quit|shutdown
      !--user
      ${STOPPING}
      supervisorctl|circusctl|monit shutdown|quit
      pg_ctl|pg_ctlcluster … stop|kill
      * stop|force-stop ~script`,
    named: stopped('.*'),
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
    finds: `
      ebtables|arptables -F|-X|--flush
      ufw allow any|0.0.0.0/0 .
      ufw allow from any|0.0.0.0/0 .
      iptables|ip6tables ~open
      iptables-restore|ip6tables-restore ~emptied redirects<any>?
      _ redirects<nothing>?`,
    named: {
      open: /^-[IA] INPUT (?:\d+ )?-j ACCEPT$/,
      emptied: (_arg, { input }) => input.text === '',
      any: /^/,
      nothing: /^\/dev\/null$/,
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
    finds: 'sysctl words<weaker>',
    named: {
      weaker:
        /^(?:kernel[./](?:randomize_va_space=0|sysrq=[1-9]\d*|kptr_restrict=0|dmesg_restrict=0|yama[./]ptrace_scope=0|core_pattern=\|.*|unprivileged_bpf_disabled=0|modules_disabled=0|kexec_load_disabled=0|panic=0|hung_task_panic=1)|fs[./](?:suid_dumpable=[12]|protected_\w+=0)|vm[./](?:overcommit_memory=2|mmap_min_addr=0|panic_on_oom=[12])|net[./].*(?:accept_source_route|accept_redirects)=1|net[./].*(?:rp_filter|tcp_syncookies)=0)$/,
    },
    example: 'sysctl -w kernel.randomize_va_space=0',
  },
]
