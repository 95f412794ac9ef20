// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QList>
#include <QStringList>
#include <QWidget>

class QAction;

namespace Switchyard {

/// Something on a page that can be gone to by name.
struct PageEntry
{
    QString text;
    QString kind; ///< "variable", …
    QString item; ///< for Page::showItem()
};

/// One tab of the window, and all the window knows about it. Thread: GUI.
class Page : public QWidget
{
    Q_OBJECT
public:
    using QWidget::QWidget;

    virtual QString title() const = 0;
    /// Name of a picture in resources/icons, without its suffix.
    virtual QString iconName() const = 0;
    /// Something of this page runs that cancel() would stop.
    virtual bool isBusy() const { return false; }
    virtual void cancel() {}
    virtual QJsonObject saveState() const { return {}; }
    virtual void restoreState(const QJsonObject &) {}
    /// What the page adds to the menu while it is shown; owned by the page.
    virtual QList<QAction *> pageActions() const { return {}; }
    /// F5: read or probe again.
    virtual void refresh() {}
    /// Space: live updates stand still or go on. False: the page has none.
    virtual bool togglePause() { return false; }
    /// Ctrl+F: puts the cursor into the page's filter. False: it has none.
    virtual bool focusFilter() { return false; }
    /// Files whose edits would be lost if the program ended now.
    virtual QStringList unsaved() const { return {}; }
    /// Brings one thing of the page to the front; `item` is the page's own key.
    virtual void showItem(const QString &item) { Q_UNUSED(item) }
    /// What "Go to anything" finds on this page.
    virtual QList<PageEntry> paletteEntries() const { return {}; }

Q_SIGNALS:
    /// How many items on the page need a person; 0: no badge.
    void badgeChanged(int count);
    void busyChanged(bool busy);
    /// The person should be led to `item` of the page with this title.
    void leadRequested(const QString &pageTitle, const QString &item);
};

} // namespace Switchyard
