import type { Credentials } from '../../../src/ports/auth.ts'

/** What a client shows that comes by TCP and shows nothing else. */
export function credentials(more: Partial<Credentials> = {}): Credentials {
  return {
    listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
    remoteAddress: '127.0.0.1',
    clientId: 'token-client',
    username: 'token-user',
    password: undefined,
    authenticationMethod: undefined,
    authenticationData: undefined,
    ...more,
  }
}
