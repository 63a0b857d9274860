// Where Windows' own tools and those that speak to Windows take passwords.
import type { ToolRule } from './rule.ts'

export const WINDOWS_TOOLS: readonly ToolRule[] = [
  {
    tools: 'net net.exe',
    last: /^user$/i,
    between: 1,
    next: true,
    unless: /^(?:\/.*|\*)$/,
    redacts: ['net user bob «pw» /add', 'net user /add bob «pw»', 'net user bob «pw»'],
    keeps: ['net user bob', 'net user bob * /add', 'net user bob /delete'],
  },
  {
    tools: 'net net.exe',
    last: /^use$/i,
    unless: /^(?:\/.*|\\.*|[A-Za-z]:|[A-Za-z]:?\\.*|\*)$/s,
    redacts: ["net use Z: '\\\\h\\s' «pw» /user:bob", "net use '\\\\h\\s' /user:bob «pw»"],
    keeps: ["net use Z: '\\\\h\\s'", 'net use Z: /delete'],
  },
  {
    tools: 'net',
    after: /^rpc$/,
    last: /^password$/,
    between: 1,
    next: true,
    redacts: ['net rpc password bob «pw» -S h'],
    keeps: ['net rpc info', 'net rpc password bob'],
  },
  {
    tools: 'schtasks schtasks.exe signtool signtool.exe ktpass certutil setx getmac tasklist systeminfo',
    keys: '/rp /p -p',
    redacts: ['schtasks /create /ru bob /rp «pw»', 'signtool sign /f x.pfx /p «pw» x.exe'],
    keeps: ['schtasks /query', 'signtool verify /pa x.exe'],
  },
  {
    tools: 'sc sc.exe',
    keys: 'password=',
    redacts: ['sc config x obj= bob password= «pw»'],
    keeps: ['sc config x start= auto'],
  },
  {
    tools: 'xfreerdp xfreerdp3 wlfreerdp sdl-freerdp',
    prefixes: '/p: /pass: /gp: /password:',
    redacts: ['xfreerdp /u:bob /gp:«pw» /v:h'],
    keeps: ['xfreerdp /u:bob /v:h /port:3389'],
  },
  {
    tools: 'netsh netsh.exe',
    word: /^key(?:material)?=(?!clear$)(?<secret>.+)$/dis,
    redacts: ['netsh wlan set hostednetwork ssid=x key=«pw»'],
    keeps: ['netsh wlan show profile name=x key=clear'],
  },
  {
    tools:
      'addcomputer.py atexec.py changepasswd.py dacledit.py dcomexec.py dpapi.py exchanger.py findDelegation.py Get-GPPPassword.py GetADUsers.py getArch.py GetLAPSPassword.py GetNPUsers.py getPac.py getST.py getTGT.py GetUserSPNs.py getTGT lookupsid.py machine_role.py mqtt_check.py mssqlclient.py mssqlinstance.py net.py netview.py ntlmrelayx.py owneredit.py ping.py psexec.py raiseChild.py rbcd.py rdp_check.py reg.py registry-read.py rpcdump.py rpcmap.py sambaPipe.py samrdump.py secretsdump.py services.py smbclient.py smbexec.py smbserver.py ticketer.py wmiexec.py wmipersist.py wmiquery.py impacket-getTGT impacket-GetUserSPNs impacket-GetNPUsers impacket-mssqlclient impacket-lookupsid impacket-samrdump impacket-rpcdump',
    word: /^(?:[\w.-]{1,64}\/[\w.$ -]{1,64}:(?<secret>[^@\s]+)(?:@[\w.-]+)?|[\w.$ -]{1,64}:(?<other>[^@\s]+)@[\w.-]+)$/d,
    redacts: [
      'getTGT.py corp.local/bob:«pw»',
      'mssqlclient.py bob:«pw»@h -windows-auth',
      'reg.py corp/bob:«pw»@h query',
    ],
    keeps: ['getTGT.py corp.local/bob', 'mssqlclient.py bob@h -windows-auth'],
  },
]
