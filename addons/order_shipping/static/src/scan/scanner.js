import {_t} from "@web/core/l10n/translation";
import {BarcodeParser} from "@barcodes/js/barcode_parser";
import {browser} from "@web/core/browser/browser";
import {ConnectionLostError} from "@web/core/network/rpc";
import {onMounted, onWillUnmount, useState} from "@odoo/owl";
import {play} from "./scan_sound";
import {read} from "./scan_rules";
import {scanBarcode} from "@web/core/barcode/barcode_dialog";
import {ScanQueue} from "./scan_queue";
import {session} from "@web/session";
import {isBarcodeScannerSupported} from "@web/core/barcode/barcode_video_scanner";
import {useBus, useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** A key pressed alone is a shortcut; a scanner types the next character sooner than this. */
const ALONE = 200;
const SOUND = "order_shipping.scan_sound";

export const owner = () => `${session.db}.${user.userId}`;
export const isConnectionLost = (error) => error instanceof ConnectionLostError;

/** Barcodes read by Odoo's GS1 nomenclature, which is kept for when there is no connection. */
export class Reader {
    constructor(orm) {
        this.orm = orm;
        this.parser = null;
    }

    async load() {
        const name = `order_shipping.nomenclature.${owner()}`;
        let nomenclature = null;
        try {
            const id = await this.orm.call("picking.scan", "get_nomenclature", []);
            nomenclature = id && (await BarcodeParser.fetchNomenclature(this.orm, id));
            browser.localStorage.setItem(name, JSON.stringify(nomenclature));
        } catch (error) {
            if (!isConnectionLost(error)) {
                throw error;
            }
            nomenclature = JSON.parse(browser.localStorage.getItem(name));
        }
        this.parser = nomenclature && new BarcodeParser({nomenclature});
    }

    read(code) {
        let parts = [];
        try {
            parts = this.parser?.gs1_decompose_extended?.(code) ?? [];
        } catch {
            // A plain barcode.
        }
        return read(code, parts);
    }
}

/**
 * What the scanning screens share: barcodes from a keyboard wedge or the camera, shortcuts, sounds,
 * feedback, and the sheet (a panel over the screen) that is open.
 *
 * @param {Object} options
 * @param {(code: string) => void} options.onCode
 * @param {() => Object[]} options.actions buttons with `key`, `label`, `icon`, `run`, `disabled`
 */
export function useScanner({onCode, actions}) {
    const barcode = useService("barcode");
    const scanner = useState({
        feedback: {tone: "", text: ""},
        sheet: "",
        sound: browser.localStorage.getItem(SOUND) !== "off",
        camera: isBarcodeScannerSupported(),
    });
    Object.assign(scanner, {
        say(tone, text) {
            scanner.feedback = {tone, text};
            play(tone, scanner.sound);
        },
        open(sheet) {
            scanner.sheet = sheet;
        },
        close() {
            scanner.sheet = "";
        },
        toggleSound() {
            scanner.sound = !scanner.sound;
            browser.localStorage.setItem(SOUND, scanner.sound ? "on" : "off");
            play("ok", scanner.sound);
        },
        code(code) {
            if (code?.trim()) {
                scanner.close();
                onCode(code.trim());
            }
        },
        async useCamera(env) {
            try {
                scanner.code(await scanBarcode(env));
            } catch (error) {
                scanner.say("refused", error.message || _t("The camera can't be used."));
            }
        },
    });
    useBus(barcode.bus, "barcode_scanned", (event) => scanner.code(event.detail.barcode));

    let typed = "";
    let timer = null;
    const onKey = (event) => {
        const isTyping = event.target.matches?.("input, textarea, select, [contenteditable=true]");
        if (event.key === "Escape") {
            scanner.close();
        }
        if (isTyping || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
            return;
        }
        typed += event.key.length === 1 ? event.key : "  ";
        clearTimeout(timer);
        timer = setTimeout(() => {
            const key = typed.toUpperCase();
            typed = "";
            const action = actions().find((one) => one.key === key);
            if (action && !action.disabled && !scanner.sheet) {
                action.run();
            }
        }, ALONE);
    };
    onMounted(() => document.addEventListener("keydown", onKey, {capture: true}));
    onWillUnmount(() => {
        clearTimeout(timer);
        document.removeEventListener("keydown", onKey, {capture: true});
    });
    return scanner;
}

/** A queue whose state the screen shows; stops with the screen, keeps what wasn't sent. */
export function useScanQueue(scope, onAnswers) {
    const orm = useService("orm");
    const state = useState({online: true, waiting: 0, error: ""});
    const options = {
        owner: owner(),
        storage: browser.localStorage,
        isConnectionLost,
        send: (where, device, operations) =>
            orm.silent.call("picking.scan", "push", [where.model, where.id, device, operations]),
    };
    const queue = new ScanQueue({
        ...options,
        scope,
        onAnswers,
        onChange() {
            Object.assign(state, {
                online: queue.online,
                waiting: queue.waiting.length,
                error: queue.error,
            });
        },
    });
    const wake = () => queue.flush();
    onMounted(() => browser.addEventListener("online", wake));
    onWillUnmount(() => {
        browser.removeEventListener("online", wake);
        queue.stop();
    });
    return {
        queue,
        state,
        /** Send what earlier screens left; false if something couldn't be sent. */
        async flushLeftovers() {
            let sent = true;
            for (const old of ScanQueue.leftovers(options)) {
                sent = (await old.flush()) && sent;
                old.stop();
                if (old.error) {
                    state.error = old.error;
                }
                const isMine = old.scope.model === scope?.model && old.scope.id === scope.id;
                if (old.waiting.length && isMine && !queue.waiting.length) {
                    queue.adopt(old);
                }
            }
            return sent;
        },
    };
}
