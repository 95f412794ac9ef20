// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/startpage.h"

#include "ui/common/icons.h"
#include "ui/common/theme.h"

#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

QLabel *label(const QString &text, const char *property, QWidget *parent)
{
    auto *made = new QLabel(text, parent);
    made->setWordWrap(true);
    if (property)
        made->setProperty(property, true);
    return made;
}

QFrame *card(QWidget *parent)
{
    auto *made = new QFrame(parent);
    made->setProperty("card", true);
    return made;
}

/// A picture that follows the theme.
class Picture final : public QLabel
{
public:
    Picture(QString icon, QWidget *parent)
        : QLabel(parent)
        , m_icon(std::move(icon))
    {
        paint();
    }

protected:
    void changeEvent(QEvent *event) override
    {
        if (event->type() == QEvent::PaletteChange)
            paint();
        QLabel::changeEvent(event);
    }

private:
    void paint() { setPixmap(iconPixmap(m_icon, 40, themeColors(palette()).accent, devicePixelRatioF())); }

    QString m_icon;
};

QFrame *choiceCard(const QString &icon, const QString &title, const QString &text, QPushButton *button, QWidget *parent)
{
    auto *frame = card(parent);
    button->setMinimumHeight(30);
    auto *layout = new QVBoxLayout(frame);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(new Picture(icon, frame));
    layout->addWidget(label(title, "heading", frame));
    layout->addWidget(label(text, "faded", frame), 1, Qt::AlignTop);
    layout->addWidget(button);
    return frame;
}

} // namespace

StartPage::StartPage(QWidget *parent)
    : QWidget(parent)
    , m_url(new QLineEdit(this))
    , m_recent(new QListWidget(this))
    , m_recentTitle(label(QStringLiteral("Recent workspaces"), "heading", this))
    , m_back(new QPushButton(this))
    , m_findings(nullptr)
    , m_found(nullptr)
{
    auto *column = new QWidget(this);
    column->setMaximumWidth(980);
    auto *layout = new QVBoxLayout(column);
    layout->setSpacing(12);
    auto *title = new QLabel(QStringLiteral("Switchyard"), column);
    QFont font = title->font();
    font.setPointSizeF(font.pointSizeF() * 2);
    font.setBold(true);
    title->setFont(font);
    m_back->setObjectName(QStringLiteral("backButton"));
    m_back->hide();
    connect(m_back, &QPushButton::clicked, this, &StartPage::backRequested);
    layout->addWidget(m_back, 0, Qt::AlignLeft);
    layout->addStretch(1);
    layout->addWidget(title);
    layout->addWidget(label(
        QStringLiteral("Move a backend from one platform to another, and know what a redeploy does to its clients."),
        "faded", column));
    layout->addSpacing(12);
    layout->addWidget(makeChoices());
    m_findings = makeFindings();
    layout->addWidget(m_findings);
    layout->addSpacing(8);
    layout->addWidget(m_recentTitle);
    m_recent->setObjectName(QStringLiteral("recentList"));
    m_recent->setAccessibleName(QStringLiteral("Recent workspaces"));
    m_recent->setMaximumHeight(132);
    layout->addWidget(m_recent);
    layout->addSpacing(8);
    layout->addWidget(label(QStringLiteral("No account. Nothing leaves this machine."), "faded", column));
    layout->addStretch(2);
    auto *outer = new QHBoxLayout(this);
    outer->addStretch(1);
    outer->addWidget(column, 20);
    outer->addStretch(1);
    connect(m_recent, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem *item) { Q_EMIT recentChosen(item->data(Qt::UserRole).toString()); });
    connect(m_recent, &QListWidget::itemClicked, this,
            [this](const QListWidgetItem *item) { Q_EMIT recentChosen(item->data(Qt::UserRole).toString()); });
    setRecent({});
}

QWidget *StartPage::makeChoices()
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);

    auto *open = new QPushButton(QStringLiteral("Open a folder…"), row);
    open->setObjectName(QStringLiteral("openFolderButton"));
    setFocusProxy(open);
    connect(open, &QPushButton::clicked, this, &StartPage::folderRequested);
    layout->addWidget(
        choiceCard(QStringLiteral("folder"), QStringLiteral("Open a folder"),
                   QStringLiteral(
                       "A repository with a switchyard.toml. Without one, you see what was found and can start one."),
                   open, row),
        1);
    layout->addWidget(makeUrlCard(), 1);

    auto *demo = new QPushButton(QStringLiteral("Run the demo redeploy"), row);
    demo->setObjectName(QStringLiteral("demoButton"));
    demo->setProperty("primary", true);
    connect(demo, &QPushButton::clicked, this, &StartPage::demoRequested);
    layout->addWidget(choiceCard(QStringLiteral("play"), QStringLiteral("Try the demo"),
                                 QStringLiteral("Starts a little backend on this machine, redeploys it under 25 "
                                                "clients and gives a verdict in half a minute."),
                                 demo, row),
                      1);
    return row;
}

QWidget *StartPage::makeUrlCard()
{
    auto *frame = card(this);
    auto *layout = new QVBoxLayout(frame);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(new Picture(QStringLiteral("link"), frame));
    layout->addWidget(label(QStringLiteral("Paste a URL"), "heading", frame));
    layout->addWidget(
        label(QStringLiteral("Watches the health of a running backend. Without a path, /health is assumed. Nothing "
                             "is written."),
              "faded", frame),
        1, Qt::AlignTop);
    m_url->setParent(frame);
    m_url->setMinimumHeight(28);
    m_url->setObjectName(QStringLiteral("urlEdit"));
    m_url->setAccessibleName(QStringLiteral("URL of a backend"));
    m_url->setPlaceholderText(QStringLiteral("https://api.example.org"));
    layout->addWidget(m_url);
    auto *watch = new QPushButton(QStringLiteral("Watch it"), frame);
    watch->setObjectName(QStringLiteral("watchUrlButton"));
    watch->setMinimumHeight(30);
    watch->setEnabled(false);
    watch->setToolTip(QStringLiteral("Paste an address first"));
    layout->addWidget(watch);
    const auto enter = [this] {
        if (!m_url->text().trimmed().isEmpty())
            Q_EMIT urlEntered(m_url->text().trimmed());
    };
    connect(m_url, &QLineEdit::returnPressed, this, enter);
    connect(watch, &QPushButton::clicked, this, enter);
    connect(m_url, &QLineEdit::textChanged, watch,
            [watch](const QString &text) { watch->setEnabled(!text.trimmed().isEmpty()); });
    return frame;
}

QWidget *StartPage::makeFindings()
{
    auto *frame = card(this);
    auto *layout = new QHBoxLayout(frame);
    layout->setContentsMargins(16, 12, 16, 12);
    m_found = label({}, nullptr, frame);
    m_found->setObjectName(QStringLiteral("folderFindings"));
    layout->addWidget(m_found, 1);
    auto *write = new QPushButton(QStringLiteral("Write a starter switchyard.toml"), frame);
    write->setObjectName(QStringLiteral("starterButton"));
    connect(write, &QPushButton::clicked, this, [this] { Q_EMIT starterRequested(m_folder); });
    layout->addWidget(write);
    frame->hide();
    return frame;
}

void StartPage::setRecent(const QStringList &files)
{
    m_recent->clear();
    for (const QString &file : files) {
        auto *item = new QListWidgetItem(QDir::toNativeSeparators(file), m_recent);
        item->setData(Qt::UserRole, file);
    }
    m_recent->setVisible(!files.isEmpty());
    m_recentTitle->setVisible(!files.isEmpty());
}

void StartPage::showFindings(const QString &folder, const QStringList &found)
{
    m_folder = folder;
    const QString what = found.isEmpty() ? QStringLiteral("no manifest, env file or Dockerfile either")
                                         : QStringLiteral("but found %1").arg(found.join(QStringLiteral(", ")));
    m_found->setText(
        QStringLiteral("There is no switchyard.toml in %1, %2.").arg(QDir::toNativeSeparators(folder), what));
    m_findings->show();
}

void StartPage::setOpenWorkspace(const QString &name)
{
    QString shown = name;
    // An ampersand would mark a key.
    m_back->setText(QStringLiteral("← Back to %1").arg(shown.replace(QLatin1Char('&'), QStringLiteral("&&"))));
    m_back->setVisible(!name.isEmpty());
}

void StartPage::clearFindings()
{
    m_findings->hide();
}

QStringList telltaleFiles(const QString &folder)
{
    const QStringList names{QStringLiteral(".env*"),
                            QStringLiteral("render.y*ml"),
                            QStringLiteral("fly.toml"),
                            QStringLiteral("fly.*.toml"),
                            QStringLiteral("Dockerfile*"),
                            QStringLiteral("compose*.y*ml"),
                            QStringLiteral("docker-compose*.y*ml"),
                            QStringLiteral("Procfile"),
                            QStringLiteral("vercel.json")};
    return QDir(folder).entryList(names, QDir::Files | QDir::Hidden | QDir::Readable, QDir::Name);
}

QByteArray starterWorkspace(const QString &folder)
{
    QString name = QFileInfo(folder).fileName();
    name.remove(QLatin1Char('"')).remove(QLatin1Char('\\'));
    const QStringList found = telltaleFiles(folder);
    QString text =
        QStringLiteral("# What Switchyard watches. The manual explains each key.\nschema = 1\nname = \"%1\"\n")
            .arg(name.isEmpty() ? QStringLiteral("workspace") : name);
    if (!found.isEmpty())
        text += QStringLiteral("# Found in this folder: %1\n").arg(found.join(QStringLiteral(", ")));
    text += QStringLiteral(R"(
[[backend]]
name = "local"
platform = "local"
stage = "dev"
url = "http://127.0.0.1:8000"

  [[backend.health]]
  path = "/health"

# One table for each WebSocket or Socket.IO endpoint that a redeploy must not hurt:
#  [[backend.socket]]
#  name = "prices"
#  path = "/ws/prices"
#  clients = 10

# With a command Switchyard can redeploy it by itself:
#  [backend.deploy]
#  driver = "local"
#  argv = ["uvicorn", "server:app", "--port", "8000"]
)");
    return text.toUtf8();
}

} // namespace Switchyard
