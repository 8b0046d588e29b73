import type { Construct } from 'constructs';
import { DatabaseAccess, type DatabaseAccessProps, ServerImage } from '../constructs/index.ts';
import { QuietStack } from './quiet-stack.ts';

/** Options of an {@link AccessStack}. */
export interface AccessStackProps extends DatabaseAccessProps {
  /** Image of the servers, which this stack pulls. @default `postgrest/postgrest:v<the declared version>` */
  readonly serverImage?: string;
  /** Image of the gateway, which this stack pulls. @default none */
  readonly gatewayImage?: string;
  /** Image of the opener of encrypted tokens, which this stack pulls. @default none */
  readonly tokenOpenerImage?: string;
}

/**
 * Roles, access SQL and the images of the servers. A deploy whose SQL fails, or that has no image, ends here, before the stack
 * of the servers is touched.
 *
 * @example
 * const { access } = new AccessStack(new App(), 'todos-access', { declaration, database });
 *
 * @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file`, `lost_secret`
 */
export class AccessStack extends QuietStack {
  readonly access: DatabaseAccess;

  constructor(scope: Construct, id: string, props: AccessStackProps) {
    super(scope, id);
    const { declaration, serverImage, gatewayImage, tokenOpenerImage } = props;
    new ServerImage(this, 'server-image', { declaration, ...(serverImage && { image: serverImage }) });
    if (gatewayImage) new ServerImage(this, 'gateway-image', { declaration, image: gatewayImage });
    if (tokenOpenerImage) new ServerImage(this, 'token-opener-image', { declaration, image: tokenOpenerImage });
    this.access = new DatabaseAccess(this, 'access', props);
  }
}
