import { isIPv6 } from 'node:net'
import type { RemotePeer } from '../../src/transport/remote-address.ts'

/** A header as HAProxy 2.6.12 has written it; undefined as client: the proxy speaks for itself. */
export interface KnownHeader {
  readonly name: string
  readonly bytes: Buffer
  readonly client: RemotePeer | undefined
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** What HAProxy sends, each from a connection of its own. */
export const HAPROXY_HEADERS: readonly KnownHeader[] = [
  {
    name: 'send-proxy, IPv4',
    bytes: Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 55870 19101\r\n'),
    client: { address: '127.0.0.1', port: 55_870 },
  },
  {
    name: 'send-proxy, IPv6',
    bytes: Buffer.from('PROXY TCP6 ::1 ::1 53024 19104\r\n'),
    client: { address: '::1', port: 53_024 },
  },
  {
    name: 'send-proxy of a health check',
    bytes: Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 39168 19205\r\n'),
    client: { address: '127.0.0.1', port: 39_168 },
  },
  {
    name: 'send-proxy-v2, IPv4',
    bytes: Buffer.from('0d0a0d0a000d0a515549540a2111000c7f0000017f000001ec024a9e', 'hex'),
    client: { address: '127.0.0.1', port: 60_418 },
  },
  {
    name: 'send-proxy-v2, IPv6',
    bytes: Buffer.from(
      '0d0a0d0a000d0a515549540a2121002400000000000000000000000000000001000000000000000000000000000000019ab84aa1',
      'hex',
    ),
    client: { address: '::1', port: 39_608 },
  },
  {
    name: 'send-proxy-v2 of a health check (LOCAL)',
    bytes: Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'),
    client: undefined,
  },
  {
    name: 'send-proxy-v2-ssl-cn with crc32c, authority, unique-id and the extensions of TLS',
    bytes: Buffer.from(
      [
        '0d0a0d0a000d0a515549540a211100987f0000017f000001d2fc4a9f030004a4f223c302000a6c622e6578616d706c6505002e3746303030',
        '3030313a443246435f37463030303030313a344139465f36423034383734415f303030353a34443138200044010000000021000754',
        '4c5376312e33250005454332353624001165636473612d776974682d534841323536230016544c535f4145535f3235365f47434d5f53484133',
        '3834',
      ].join(''),
      'hex',
    ),
    client: { address: '127.0.0.1', port: 54_012 },
  },
]

/** Version 1 for a client. */
export function proxyLine({ address, port }: RemotePeer): Buffer {
  const [family, own] = isIPv6(address) ? ['TCP6', '2001:db8::1'] : ['TCP4', '192.0.2.1']
  return Buffer.from(`PROXY ${family} ${address} ${own} ${port} 1883\r\n`)
}

/** Version 2 with this command, family of addresses and rest, whether they make sense or not. */
export function proxyBinary(command: number, family: number, rest: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(rest.length)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, rest])
}

/** The part of version 2 that holds the addresses, given in network order; the proxy's own is all ones. */
export function proxyAddresses(source: Buffer, port: number): Buffer {
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(port)
  ports.writeUInt16BE(1883, 2)
  return Buffer.concat([source, Buffer.alloc(source.length, 1), ports])
}
