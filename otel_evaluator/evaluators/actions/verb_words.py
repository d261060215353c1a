"""Words for actions in several languages, and for the tools that carry them out."""

from typing import NamedTuple


class Action(NamedTuple):
    """One kind of action, in words of several languages."""

    tools: str
    """Beginnings of the words of a tool's name that do it."""
    done: str
    """Participles and preterites that claim it; the last word of a claim."""
    wanted: str
    """Verbs by which users ask for it."""


ACTIONS = {
    "book": Action(
        "book reserv schedul appoint calendar hold held event meeting slot create add",
        "booked reserved scheduled pencilled penciled gebucht reserviert eingetragen vereinbart "
        "eingeplant reservado agendado programado réservé planifié prenotato fissato agendado "
        "marcado geboekt gereserveerd ingepland reservei agendei marquei 预订 预约 予約",
        "book reserve schedule buchen reservieren reservar agendar réserver prenotare boeken",
    ),
    "cancel": Action(
        "cancel void terminat unsubscrib delete remov end stop deregist withdraw",
        "cancelled canceled storniert abgesagt gekündigt cancelado anulado annulé résilié "
        "annullato cancellato disdetto geannuleerd opgezegd cancelei 取消 キャンセル",
        "cancel unsubscribe stornieren abmelden absagen kündigen cancelar anular annuler résilier "
        "annullare disdire "
        "annuleren opzeggen 取消",
    ),
    "refund": Action(
        "refund reimburs credit return payment money payout compensat",
        "refunded reimbursed credited reversed erstattet zurückerstattet gutgeschrieben "
        "reembolsado "
        "abonado remboursé crédité rimborsato accreditato terugbetaald reembolsei 退款 返金",
        "refund reimburse erstatten reembolsar rembourser rimborsare terugbetalen 退款",
    ),
    "send": Action(
        "send sent email mail sms messag notif forward label invoice create submit",
        "sent emailed mailed texted forwarded gesendet geschickt verschickt zugesandt "
        "weitergeleitet enviado mandado remitido envoyé transmis inviato spedito verstuurd "
        "gestuurd doorgestuurd enviei mandei 发送 送信",
        "",
    ),
    "order": Action(
        "order purchas buy checkout cart place",
        "ordered purchased bestellt gekauft comprado commandé acheté ordinato acquistato besteld "
        "gekocht 下单 注文",
        "order",
    ),
    "create": Action(
        "creat open fil log submit rais regist add insert new ticket incident case report post "
        "writ sav generat upload",
        "created opened filed logged submitted raised registered added hinzugefügt añadido "
        "ajouté aggiunto toegevoegd angelegt erstellt eröffnet "
        "aufgegeben creado abierto registrado créé ouvert enregistré creato aperto registrato "
        "aangemaakt geopend geregistreerd criei abri 创建 登记 作成 登録",
        "",
    ),
    "update": Action(
        "updat chang modif edit set adjust correct patch reset put writ sav replac mov "
        "reschedul renam switch enabl disabl apply assign",
        "updated changed modified rescheduled moved adjusted geändert aktualisiert verschoben "
        "umgebucht angepasst actualizado cambiado modificado reprogramado modifié changé déplacé "
        "reporté aggiornato cambiato spostato gewijzigd aangepast verplaatst verzet atualizei "
        "alterei 更新 修改 更改 変更",
        "reschedule update change modify move postpone verlegen aplazar posponer déplacer décaler "
        "rinviare adiar alterar verplaatsen ändern aktualisieren umbuchen verschieben actualizar "
        "cambiar modifier "
        "aggiornare cambiare reprogramar reporter spostare verzetten",
    ),
    "extend": Action(
        "extend renew prolong updat modif chang",
        "extended renewed verlängert prolongado prorrogado prolongé renouvelé prolungato rinnovato "
        "verlengd 延长 延長",
        "extend renew prolong verlängern prorrogar prolonger renouveler prolungare rinnovare "
        "verlengen 延长 延長",
    ),
    "pause": Action(
        "paus suspend freez block lock hold stop disabl deactivat",
        "frozen suspended paused blocked gesperrt pausiert suspendido bloqueado suspendu bloqué "
        "sospeso bloccato geblokkeerd 冻结 停止",
        "freeze suspend pause block lock sperren pausieren aussetzen bloquear congelar suspender "
        "pausar bloquer geler suspendre bloccare sospendere blokkeren 冻结 停止",
    ),
    "delete": Action(
        "delet remov drop purg eras clear wip destroy uninstall writ",
        "deleted removed erased wiped gelöscht entfernt eliminado borrado supprimé effacé "
        "eliminato cancellato verwijderd gewist apaguei removi 删除 削除",
        "delete löschen eliminar borrar supprimer eliminare verwijderen 删除 削除",
    ),
    "hand over": Action(
        "transfer escalat handoff handover forward connect rout human page notif ticket",
        "transferred escalated connected paged verbunden durchgestellt eskaliert transferido "
        "escalado transféré escaladé trasferito doorverbonden geëscaleerd 转接 転送",
        "",
    ),
    "restart": Action(
        "restart reboot redeploy rollout rollback deploy scal",
        "restarted rebooted redeployed deployed neugestartet reiniciado desplegado redémarré "
        "déployé riavviato herstart 重启 再起動",
        "restart reboot redeploy neustarten reiniciar redémarrer riavviare herstarten 重启",
    ),
}
