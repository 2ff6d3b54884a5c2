/**
 * Operations on their way to the server: kept in the browser until each one is answered, sent in
 * order, and again after a lost connection. The server answers one it has done before with its
 * first answer, so sending twice does nothing twice.
 */

const PREFIX = "order_shipping.scan.";
const PART = 50;
const RETRY = [1000, 2000, 4000, 8000, 15000];
const BUSY = 600;

export function makeKey() {
    if (globalThis.crypto?.randomUUID) {
        return crypto.randomUUID();
    }
    // Pages without HTTPS have no randomUUID.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class ScanQueue {
    /**
     * @param {Object} options
     * @param {string} options.owner names database and user: a shared hand-held keeps them apart
     * @param {{model: string, id: number}} options.scope the batch or transfer
     * @param {Function} options.send (scope, device, operations) => promise of the server's answer
     * @param {Function} options.isConnectionLost (error) => whether to try again later
     * @param {Function} options.onAnswers (answers, operations answered, operations waiting)
     * @param {Function} options.onChange called when `online`, `waiting` or `error` changed
     * @param {Storage} [options.storage]
     */
    constructor(options) {
        Object.assign(this, {storage: localStorage, onAnswers() {}, onChange() {}}, options);
        this.device = options.device ?? makeKey();
        this.name = `${PREFIX}${this.owner}.${this.device}`;
        this.sequence = options.sequence ?? 0;
        this.waiting = options.waiting ?? [];
        this.online = true;
        this.error = "";
        this.failures = 0;
        this.sending = null;
        this.timer = null;
    }

    /** Queues that earlier screens of this user left behind, oldest first. */
    static leftovers(options) {
        const storage = options.storage ?? localStorage;
        const queues = [];
        for (const name of Object.keys(storage)) {
            if (name.startsWith(`${PREFIX}${options.owner}.`)) {
                try {
                    const kept = JSON.parse(storage.getItem(name));
                    queues.push(new ScanQueue({...options, ...kept}));
                } catch {
                    storage.removeItem(name); // not ours, or cut off
                }
            }
        }
        return queues.sort((one, other) =>
            one.waiting[0]?.time < other.waiting[0]?.time ? -1 : 1
        );
    }

    /** Go on with what an earlier screen of the same task couldn't send. */
    adopt(other) {
        const {device, name, sequence, waiting} = other;
        Object.assign(this, {device, name, sequence, waiting});
        this.onChange();
    }

    add(operation) {
        this.sequence += 1;
        const stamped = {
            key: makeKey(),
            sequence: this.sequence,
            time: new Date().toISOString().slice(0, 19).replace("T", " "),
            ...operation,
        };
        this.waiting.push(stamped);
        this.keep();
        this.flush();
        return stamped;
    }

    keep() {
        if (this.waiting.length) {
            const {device, scope, sequence, waiting} = this;
            this.storage.setItem(this.name, JSON.stringify({device, scope, sequence, waiting}));
        } else {
            this.storage.removeItem(this.name);
        }
        this.onChange();
    }

    /** Send what waits; resolves when all is answered or the connection is lost. */
    flush() {
        this.sending ??= this.sendAll().finally(() => {
            this.sending = null;
        });
        return this.sending;
    }

    async sendAll() {
        clearTimeout(this.timer);
        while (this.waiting.length) {
            const part = this.waiting.slice(0, PART);
            let result;
            try {
                result = await this.send(this.scope, this.device, part);
            } catch (error) {
                this.failed(error);
                return false;
            }
            this.online = true;
            this.error = "";
            this.failures = 0;
            if (result.busy) {
                this.later(BUSY);
                return false;
            }
            if (!this.answered(part, result)) {
                this.later(RETRY[0]);
                return false;
            }
        }
        this.onChange();
        return true;
    }

    /** Forget what was answered; says whether that changed anything. */
    answered(part, result) {
        const answers = Object.fromEntries(result.answers.map((answer) => [answer.key, answer]));
        const done = part.filter((operation) => operation.key in answers);
        this.waiting = this.waiting.filter((operation) => !(operation.key in answers));
        const isBehind = !done.length && result.expected !== part[0].sequence;
        if (isBehind) {
            // The server knows fewer than we thought it had answered, after a restored back-up.
            this.waiting.forEach((operation, rank) => {
                operation.sequence = result.expected + rank;
            });
            this.sequence = result.expected + this.waiting.length - 1;
        }
        this.keep();
        this.onAnswers(result.answers, done, this.waiting);
        return done.length > 0 || isBehind;
    }

    failed(error) {
        if (this.isConnectionLost(error)) {
            this.online = false;
            this.later(RETRY[Math.min(this.failures, RETRY.length - 1)]);
            this.failures += 1;
        } else {
            this.error = error.data?.message || error.message || String(error);
        }
        this.onChange();
    }

    later(milliseconds) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.flush(), milliseconds);
    }

    /** Give up what the server won't take, when the user has read why. */
    discard() {
        this.waiting = [];
        this.error = "";
        this.keep();
    }

    stop() {
        clearTimeout(this.timer);
    }
}
