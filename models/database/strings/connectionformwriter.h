// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the files that write forms of a connection string share; nobody else needs it.

#include "models/database/strings/connectionforms.h"
#include "models/database/strings/connectionlint.h"
#include "models/database/strings/connectionparts.h"

#include <QRegularExpression>

namespace Switchyard {

namespace FormTexts {

inline QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What stands in a secret's place.
inline const QString &mask()
{
    static const QString dots = s("••••");
    return dots;
}

/// Whether some client has an option of that name.
bool isKnownName(const QString &name);

} // namespace FormTexts

/// Writes one form; twice, with the secrets and with dots in their place, so that nothing has to be searched for in
/// the finished text.
class FormWriter final
{
public:
    using Pairs = QList<std::pair<QString, QString>>;

    FormWriter(const ConnectionString &connection, ConnectionForm form, const FormInput &input, bool masked)
        : m_connection(connection)
        , m_form(form)
        , m_input(input)
        , m_masked(masked)
    {
    }

    QString write();
    QList<FormChange> changes;

private:
    void note(FormChange::What what, const QString &name, const QString &reason)
    {
        changes.append({what, name, reason});
    }
    void changed(const char *name, const QString &reason)
    {
        note(FormChange::What::Changed, FormTexts::s(name), reason);
    }
    void added(const char *name, const QString &reason) { note(FormChange::What::Added, FormTexts::s(name), reason); }
    void dropped(const QString &name, const QString &reason) { note(FormChange::What::Dropped, name, reason); }

    QString secret(const QString &text) const { return m_masked ? FormTexts::mask() : text; }
    QString encodedSecret(const QString &text) const { return m_masked ? FormTexts::mask() : percentEncoded(text); }
    QString password() const { return m_connection.password ? m_connection.password->reveal() : QString(); }
    /// A user without a password is often the password without its colon, or a token: long ones are not shown.
    QString user() const
    {
        const QString name = m_connection.user.value_or(QString());
        static const QRegularExpression plain(FormTexts::s(R"(\A[\w.\-]{0,15}\z)"));
        return hasPassword() || plain.match(name).hasMatch() ? name : secret(name);
    }
    bool hasPassword() const { return m_connection.password && !m_connection.password->isEmpty(); }
    QString valueOf(const ConnectionOption &option) const
    {
        if (option.isSecret)
            return secret(option.secret.reveal());
        // What stands behind a name that nobody knows may be a password whose name has a slip in it.
        return FormTexts::isKnownName(option.name) ? option.value : secret(option.value);
    }
    QString nameOf(const ConnectionOption &option) const
    {
        return FormTexts::isKnownName(option.name) || m_connection.mayShow(option.namePlace) ? option.name
                                                                                             : secret(option.name);
    }

    QString userinfo() const;
    QString hostText(const ConnectionHost &host, bool withSocket) const;
    QString hostList() const;
    QString query(const Pairs &pairs) const;
    QString scheme(const char *wanted);
    bool optionFor(const ConnectionOption &option, Pairs &pairs);
    void jdbcSsl(const ConnectionOption &option, Pairs &pairs);
    bool asyncpgOption(const ConnectionOption &option, Pairs &pairs);
    bool prismaOption(const ConnectionOption &option, Pairs &pairs);
    bool jdbcOption(const ConnectionOption &option, Pairs &pairs);
    bool nodeOption(const ConnectionOption &option, Pairs &pairs);
    void addForPooler(Pairs &pairs);
    Pairs options();
    void addSockets(Pairs &pairs, bool several);
    QString uri(const char *wanted);
    QString keyValue();
    QString jdbc();
    QString django();
    QString mongo();
    QString upstash();
    QString rediss();

    const ConnectionString &m_connection;
    const ConnectionForm m_form;
    const FormInput &m_input;
    const bool m_masked;
};

} // namespace Switchyard
