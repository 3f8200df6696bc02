use bugle_task::ToastError;

use super::*;
use crate::wns::toast as read;

fn toast(xml: &str) -> Toast {
    read(xml.as_bytes()).unwrap()
}

/// A generic toast with something inside its binding, and something after its visual.
fn generic(binding: &str, after: &str) -> String {
    format!(
        "<toast><visual><binding template=\"ToastGeneric\">{binding}</binding></visual>{after}\
         </toast>"
    )
}

#[track_caller]
fn assert_invalid(xml: &str, named: &str) {
    match read(xml.as_bytes()) {
        Err(XmlError::Invalid(what)) => assert!(what.contains(named), "{what}"),
        other => panic!("{other:?} is not invalid for {named}"),
    }
}

#[test]
fn the_toast_of_npm_wns_is_read() {
    let read = toast(
        "<toast><visual><binding template=\"ToastText02\"><text id=\"1\">News</text>\
         <text id=\"2\">It rains &amp; pours</text></binding></visual></toast>",
    );
    let expected =
        Toast { title: "News".to_owned(), body: "It rains & pours".to_owned(), ..Toast::default() };
    assert_eq!(read, expected);
    assert_eq!(read.check(), Ok(()));
}

#[test]
fn the_recorded_toast_with_options_is_read() {
    let read = toast(
        "<toast duration=\"long\" launch=\"some random parameter passed to the application\">\
         <visual><binding template=\"ToastText01\"><text id=\"1\">A toast!</text></binding></visual>\
         <audio src=\"ms-winsoundevent:Notification.Alarm\" loop=\"true\"/></toast>",
    );
    assert_eq!((read.title.as_str(), read.body.as_str()), ("A toast!", ""));
    assert_eq!(read.argument, "some random parameter passed to the application");
    assert!(!read.silent);
    let hints: Vec<(&str, &str)> =
        read.hints.iter().map(|hint| (hint.name.as_str(), hint.value.as_str())).collect();
    assert_eq!(hints, [("duration", "long"), ("sound", "ms-winsoundevent:Notification.Alarm")]);
}

#[test]
fn of_several_bindings_the_generic_or_the_first_known_is_shown() {
    let recorded = toast(
        "<toast><visual lang=\"en-us\"><binding template=\"ToastText01\"><text id=\"1\">first</text>\
         </binding><binding template=\"ToastText02\"><text id=\"1\">second</text>\
         <text id=\"2\">more</text></binding></visual></toast>",
    );
    assert_eq!(recorded.title, "first");
    let newer = toast(
        "<toast><visual><binding template=\"ToastOther\"><text>unknown</text></binding>\
         <binding template=\"ToastText01\"><text id=\"1\">old</text></binding>\
         <binding template=\"ToastGeneric\"><text>new</text></binding></visual></toast>",
    );
    assert_eq!(newer.title, "new");
}

#[test]
fn the_toast_of_django_push_notifications_is_read() {
    let read = toast(
        "<toast><visual><binding template=\"ToastText01\"><text id=\"1\">Caf&#233; &amp; \
         &lt;b&gt;</text></binding></visual></toast>",
    );
    assert_eq!(read.title, "Caf\u{e9} & <b>");
}

#[test]
fn texts_that_django_puts_into_the_template_for_one_are_not_lost() {
    let read = toast(
        "<toast><visual><binding template=\"ToastText01\"><text id=\"1\">one</text>\
         <text id=\"2\">two</text><img src=\"a\" id=\"1\" /></binding></visual></toast>",
    );
    assert_eq!((read.title.as_str(), read.body.as_str()), ("one", "two"));
    assert_eq!(read.image, None);
}

#[test]
fn every_template_of_windows_8_is_read() {
    // How many texts each has, as npm `wns` fills it.
    for (number, texts) in [("01", 1), ("02", 2), ("03", 2), ("04", 3)] {
        let lines: String =
            (1..=texts).map(|id| format!("<text id=\"{id}\">t{id}</text>")).collect();
        for (kind, image) in
            [("ToastText", ""), ("ToastImageAndText", "<image id=\"1\" src=\"i\" alt=\"a\"/>")]
        {
            let xml = format!(
                "<toast><visual><binding template=\"{kind}{number}\">{image}{lines}</binding>\
                 </visual></toast>"
            );
            let read = toast(&xml);
            let body: Vec<String> = (2..=texts).map(|id| format!("t{id}")).collect();
            assert_eq!((read.title.as_str(), read.body), ("t1", body.join("\n")));
            assert_eq!(read.image.is_some(), !image.is_empty());
        }
    }
}

#[test]
fn texts_of_windows_8_are_in_the_order_of_their_numbers() {
    let read = toast(
        "<toast><visual><binding template=\"ToastText04\"><text>last</text><text id=\"10\">ten\
         </text><text id=\"2\">two</text><text id=\"1\">one</text></binding></visual></toast>",
    );
    assert_eq!((read.title.as_str(), read.body.as_str()), ("one", "two\nten\nlast"));
}

#[test]
fn texts_of_a_generic_toast_are_in_the_order_of_the_document() {
    let read = toast(&generic(
        "<text id=\"2\">\n  title\n</text><text/><text id=\"1\">body</text>\
         <group><subgroup><text>left</text></subgroup><subgroup><text>right</text></subgroup></group>\
         <text placement=\"attribution\">via Mail</text>",
        "",
    ));
    assert_eq!((read.title.as_str(), read.body.as_str()), ("title", "body\nleft\nright"));
    assert_eq!(read.attribution.as_deref(), Some("via Mail"));
}

#[test]
fn a_toast_without_text_or_a_known_template_is_an_error() {
    assert_invalid("<toast/>", "visual");
    assert_invalid("<toast><visual/></toast>", "binding");
    assert_invalid("<toast><visual><binding/></visual></toast>", "template");
    let other = generic("<text>a</text>", "").replace("ToastGeneric", "ToastText05");
    assert_invalid(&other, "template");
    for binding in ["", "<text/>", "<text> \n </text>", "<text placement=\"attribution\">a</text>"]
    {
        assert_invalid(&generic(binding, ""), "text");
    }
}

#[test]
fn an_image_has_an_address_a_text_and_a_place() {
    for (attribute, placement) in [
        ("placement=\"hero\"", Placement::Hero),
        ("placement=\"appLogoOverride\" hint-crop=\"circle\"", Placement::AppLogo),
        ("placement=\"inline\"", Placement::Inline),
        ("", Placement::Inline),
    ] {
        let image = format!("<image src=\"https://example.com/a.png\" alt=\"A cat\" {attribute}/>");
        let expected = Image {
            uri: "https://example.com/a.png".to_owned(),
            alternative_text: "A cat".to_owned(),
            placement,
        };
        assert_eq!(toast(&generic(&format!("{image}<text>a</text>"), "")).image, Some(expected));
    }
}

#[test]
fn an_address_in_the_apps_folder_is_a_path_and_an_empty_one_is_no_image() {
    let read = toast(&generic(
        "<image src=\"\"/><image src=\"ms-appx:///images/a.png\"/><text>a</text>",
        "",
    ));
    assert_eq!(read.image.map(|image| image.uri).as_deref(), Some("images/a.png"));
}

#[test]
fn actions_have_a_label_an_argument_and_where_they_lead() {
    let read = toast(&generic(
        "<text>a</text>",
        "<actions><action content=\"Open\" arguments=\"o\"/>\
         <action content=\"Later\" arguments=\"l\" activationType=\"background\"/>\
         <action content=\"Look\" arguments=\"https://example.com\" activationType=\"protocol\"/>\
         <action content=\"\" arguments=\"dismiss\" activationType=\"system\"/></actions>",
    ));
    let action = |label: &str, argument: &str, foreground| Action {
        label: label.to_owned(),
        argument: argument.to_owned(),
        foreground,
    };
    let expected = [
        action("Open", "o", true),
        action("Later", "l", false),
        action("Look", "https://example.com", true),
    ];
    assert_eq!(read.actions, expected);
}

#[test]
fn inputs_are_free_text_or_a_choice() {
    let read = toast(&generic(
        "<text>a</text>",
        "<actions><input id=\"reply\" type=\"text\" placeHolderContent=\"Say something\"/>\
         <input id=\"when\" type=\"selection\" title=\"When\" defaultInput=\"5\">\
         <selection id=\"5\" content=\"5 minutes\"/><selection id=\"15\" content=\"15 minutes\"/>\
         </input></actions>",
    ));
    let choice = |id: &str, label: &str| Choice { id: id.to_owned(), label: label.to_owned() };
    let expected = [
        Input {
            id: "reply".to_owned(),
            label: None,
            placeholder: Some("Say something".to_owned()),
            choices: Vec::new(),
        },
        Input {
            id: "when".to_owned(),
            label: Some("When".to_owned()),
            placeholder: None,
            choices: vec![choice("5", "5 minutes"), choice("15", "15 minutes")],
        },
    ];
    assert_eq!(read.inputs, expected);
}

#[test]
fn an_input_without_an_id_a_type_or_a_choice_is_an_error() {
    for (input, named) in [
        ("<input type=\"text\"/>", "id"),
        ("<input id=\"\" type=\"text\"/>", "id"),
        ("<input id=\"a\"/>", "type"),
        ("<input id=\"a\" type=\"date\"/>", "type"),
        ("<input id=\"a\" type=\"selection\"/>", "selection"),
        ("<input id=\"a\" type=\"selection\"><selection content=\"b\"/></input>", "id"),
    ] {
        let xml = generic("<text>a</text>", &format!("<actions>{input}</actions>"));
        assert_invalid(&xml, named);
    }
}

#[test]
fn a_progress_bar_is_clamped_and_none_while_it_is_indeterminate() {
    for (value, fraction) in [
        ("0.5", Some(0.5)),
        ("7", Some(1.0)),
        ("-1", Some(0.0)),
        ("indeterminate", None),
        ("nan", None),
        ("inf", None),
    ] {
        let bar = format!(
            "<text>a</text><progress title=\"Film\" value=\"{value}\" status=\"Loading\" \
             valueStringOverride=\"1 of 2\"/>"
        );
        let expected = Progress {
            title: Some("Film".to_owned()),
            status: "Loading".to_owned(),
            fraction,
            value_text: Some("1 of 2".to_owned()),
        };
        assert_eq!(toast(&generic(&bar, "")).progress, Some(expected), "{value}");
    }
}

#[test]
fn the_scenario_is_read_and_an_unknown_one_is_standard() {
    for (name, scenario) in [
        ("reminder", Scenario::Reminder),
        ("alarm", Scenario::Alarm),
        ("incomingCall", Scenario::IncomingCall),
        ("urgent", Scenario::Standard),
        ("other", Scenario::Standard),
    ] {
        let root = format!("<toast scenario=\"{name}\">");
        let read = toast(&generic("<text>a</text>", "").replace("<toast>", &root));
        assert_eq!(read.scenario, scenario);
        assert_eq!(read.hints.len(), usize::from(name == "urgent"), "{name}");
    }
}

#[test]
fn a_toast_can_be_silent() {
    for (audio, silent) in [
        ("", false),
        ("<audio/>", false),
        ("<audio silent=\"false\"/>", false),
        ("<audio silent=\"true\"/>", true),
        ("<audio silent=\"1\"/>", true),
    ] {
        assert_eq!(toast(&generic("<text>a</text>", audio)).silent, silent, "{audio}");
    }
}

#[test]
fn what_no_toast_may_have_is_an_error_and_not_cut() {
    let action = "<action content=\"a\" arguments=\"b\"/>";
    let input = "<input id=\"a\" type=\"text\"/>";
    for actions in [action.repeat(6), input.repeat(2)] {
        let xml = generic("<text>a</text>", &format!("<actions>{actions}</actions>"));
        let read = read(xml.as_bytes());
        assert!(matches!(read, Err(XmlError::Toast(ToastError::Invalid(_)))), "{read:?}");
    }
    let address = format!("<text>a</text><image src=\"{}\"/>", "a".repeat(1_025));
    assert!(matches!(read(generic(&address, "").as_bytes()), Err(XmlError::Toast(_))));
}

#[test]
fn a_toast_of_the_most_bytes_passes_its_own_check() {
    let filled = |bytes: usize| {
        let empty = generic("<text></text>", "").len();
        generic(&format!("<text>{}</text>", "x".repeat(bytes - empty)), "")
    };
    assert_eq!(toast(&filled(5_000)).check(), Ok(()));
    assert!(matches!(read(filled(5_001).as_bytes()), Err(XmlError::TooLarge { .. })));
}

#[test]
fn a_toast_that_was_cut_anywhere_is_an_error() {
    let whole = generic("<text>a &amp; b</text>", "<audio silent=\"true\"/>");
    for end in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn an_entity_bomb_and_deep_groups_are_errors() {
    let bomb = format!(
        "<!DOCTYPE toast [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>{}",
        generic("<text>&b;</text>", "")
    );
    assert!(matches!(read(bomb.as_bytes()), Err(XmlError::NotAllowed(_))));
    let deep = format!("{}{}", "<group>".repeat(200), "</group>".repeat(200));
    let deep = generic(&format!("<text>a</text>{deep}"), "");
    assert!(matches!(read(deep.as_bytes()), Err(XmlError::TooDeep { .. })));
}
