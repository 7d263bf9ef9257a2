#!/usr/bin/env python3
"""Writes config/urls.txt: 10 sections x 5 subsections x 40 pages, each with a title.

A subsection is eight subjects times the five kinds of page of its section. The file is ordered by popularity
(PAGE_POPULARITY=zipf ranks pages by their line), so the subsections take turns: first the first page of each, and
so on. Nothing is random: the same script writes the same file.
"""

import re
import unicodedata

SITE = "https://example.com"

# section -> (five kinds of page, {subsection: eight subjects})
SECTIONS = {
    "products": (
        ["{s}", "{s}: technical details", "{s}: customer reviews", "{s}: accessories", "{s}: questions and answers"],
        {
            "laptops": ["Aurora 13", "Aurora 15", "Fjord Air", "Fjord Pro", "Basalt Workstation", "Meadow Chromebook",
                        "Granite Gaming 17", "Willow Convertible"],
            "phones": ["Pika Mini", "Pika One", "Pika One Plus", "Lumen 8", "Lumen 8 Pro", "Tundra Rugged",
                       "Senior Easy Phone", "Orbit Fold"],
            "audio": ["Drift Earbuds", "Drift Earbuds Pro", "Harbor Headphones", "Harbor Studio Monitor",
                      "Cove Bluetooth Speaker", "Cove Soundbar", "Chord USB Microphone", "Vinyl Player No. 4"],
            "home": ["Ember Smart Thermostat", "Glow Bulb Starter Kit", "Nest Box Camera", "Quiet Robot Vacuum",
                     "Breeze Air Purifier", "Kettle with Temperature Control", "Pour-over Coffee Set", "Leaf Plant Sensor"],
            "outdoor": ["Ridge Two-Person Tent", "Ridge Sleeping Bag", "Summit Backpack 45 l", "Trail Running Vest",
                        "Lake Inflatable Kayak", "Beam Head Torch", "Compass Watch", "Camp Stove Duo"],
        },
    ),
    "blog": (
        ["{s}: where to begin", "What we learned about {l}", "Five mistakes with {l}", "{s} in practice",
         "The future of {l}"],
        {
            "engineering": ["Load testing", "Database indexes", "Continuous delivery", "Code review", "Observability",
                            "Feature flags", "Incident response", "Caching"],
            "design": ["Accessible forms", "Type and spacing", "Dark mode", "Design systems", "Onboarding screens",
                       "Icon sets", "Motion on the web", "Colour contrast"],
            "marketing": ["Newsletter campaigns", "Search engine optimisation", "Landing pages", "Customer surveys",
                          "Referral programmes", "Pricing pages", "Content calendars", "Marketing attribution"],
            "analytics": ["Cohort analysis", "Conversion funnels", "Consent and privacy", "Bounce rate", "Site search",
                          "Campaign tracking", "Heatmaps", "Real-time dashboards"],
            "culture": ["Remote work", "Hiring juniors", "Four-day weeks", "Team retreats", "Parental leave",
                        "Writing things down", "Mentoring", "Meeting-free days"],
        },
    ),
    "support": (
        ["{s}: overview", "How to fix problems with {l}", "{s}: step by step", "{s}: frequent questions",
         "Contact us about {l}"],
        {
            "orders": ["Order tracking", "Order changes", "Cancellations", "Missing parcels", "Gift orders",
                       "Business orders", "Pre-orders", "Split deliveries"],
            "returns": ["Returns", "Refunds", "Exchanges", "Damaged goods", "Return labels", "Warranty claims",
                        "Repairs", "Recalls"],
            "account": ["Passwords", "Two-factor sign-in", "Email addresses", "Saved addresses", "Newsletter settings",
                        "Account deletion", "Loyalty points", "Family accounts"],
            "payment": ["Credit cards", "Direct debit", "Invoices", "Gift cards", "Instalments", "Currency conversion",
                        "Tax receipts", "Failed payments"],
            "devices": ["Firmware updates", "Bluetooth pairing", "Battery life", "Wi-Fi set-up", "Screen protectors",
                        "Factory resets", "Data transfer", "Spare parts"],
        },
    ),
    "company": (
        ["{s}", "{s}: our story", "{s}: facts and figures", "{s}: people", "{s}: frequently asked"],
        {
            "about": ["Our mission", "Our history", "Leadership", "The board", "Locations", "Partners", "Awards",
                      "Sustainability report"],
            "careers": ["Engineering jobs", "Design jobs", "Sales jobs", "Warehouse jobs", "Internships",
                        "Graduate programme", "Benefits", "How we hire"],
            "press": ["Press kit", "Media contacts", "Logos and photos", "Fact sheet", "Speakers", "In the media",
                      "Interviews", "Press archive"],
            "investors": ["Annual report", "Quarterly results", "Share information", "Financial calendar",
                          "Governance", "General meeting", "Investor news", "Analyst coverage"],
            "responsibility": ["Climate goals", "Supply chain", "Packaging", "Community grants", "Volunteering",
                               "Human rights policy", "Recycling scheme", "Code of conduct"],
        },
    ),
    "resources": (
        ["{s}", "{s}: checklist", "{s}: template", "{s}: worked example", "{s}: reading list"],
        {
            "guides": ["Buying a laptop", "Choosing a phone plan", "Setting up a home office", "Planning a hiking trip",
                       "Saving energy at home", "Keeping children safe online", "Recording a podcast",
                       "Brewing better coffee"],
            "webinars": ["Analytics for shops", "Faster websites", "Email that gets read", "Accessible by design",
                         "Privacy by default", "Forecasting demand", "Testing in production", "Measuring campaigns"],
            "whitepapers": ["State of online retail", "Mobile commerce", "Customer loyalty", "Returns and their cost",
                            "Delivery expectations", "Marketplace economics", "First-party data", "Carbon accounting"],
            "case-studies": ["A bakery goes online", "A museum and its visitors", "A city library",
                             "A bicycle workshop", "A regional newspaper", "A university shop", "A vineyard",
                             "A sports club"],
            "glossary": ["Conversion rate", "Bounce rate explained", "Session and visit", "Unique visitor",
                         "Average order value", "Cart abandonment", "Attribution model", "Lifetime value"],
        },
    ),
    "news": (
        ["{s}", "{s}: the background", "{s}: what it means for customers", "{s}: in pictures", "{s}: an update"],
        {
            "announcements": ["New warehouse opens", "Free returns for everyone", "Longer opening hours",
                              "Apps for tablets", "Support in six languages", "Prices lowered on audio",
                              "Same-day delivery pilot", "Membership programme starts"],
            "events": ["Spring open day", "Developer meetup", "Repair café", "Trade fair in autumn", "Photo walk",
                       "Charity run", "Summer concert", "Winter market"],
            "releases": ["Aurora 15 arrives", "Harbor Studio update", "Lumen 8 firmware 2", "Quiet Robot maps rooms",
                         "Glow app redesigned", "Compass Watch maps", "Drift Earbuds in green", "Shop app version 5"],
            "industry": ["Repair law passed", "Chip supply eases", "Parcel volumes grow", "Cookie rules tightened",
                         "Rail freight returns", "Battery recycling doubles", "Card fees capped", "Right to data"],
            "stories": ["A night in the warehouse", "The first customer", "Ten years of the shop", "Packing by hand",
                        "The repair bench", "Across the Alps by train", "From prototype to shelf", "A day in support"],
        },
    ),
    "services": (
        ["{s}", "{s}: what is included", "{s}: prices", "{s}: book an appointment", "{s}: terms"],
        {
            "installation": ["Home network installation", "Smart home set-up", "Television mounting",
                             "Printer set-up", "Office move", "Alarm installation", "Appliance connection",
                             "Workstation assembly"],
            "repair": ["Screen repair", "Battery replacement", "Data recovery", "Water damage check", "Keyboard repair",
                       "Speaker repair", "Express repair", "Repair by post"],
            "training": ["Computer basics", "Photo editing class", "Spreadsheet class", "Security training",
                         "Podcast workshop", "Children's coding club", "One-to-one lesson", "Team training"],
            "leasing": ["Laptop leasing", "Phone leasing", "Device fleets", "School leasing", "Short-term rental",
                        "Leasing upgrade", "Leasing return", "Leasing insurance"],
            "delivery": ["Standard delivery", "Express delivery", "Evening delivery", "Pick-up points",
                         "Click and collect", "Bicycle courier", "International delivery", "Delivery to site"],
        },
    ),
    "solutions": (
        ["{s}", "{s}: features", "{s}: integrations", "{s}: customer stories", "{s}: request a demo"],
        {
            "retail": ["Shop counters", "Stock management", "Seasonal pop-ups", "Loyalty cards", "Digital signage",
                       "Self-checkout", "Price labels", "Store analytics"],
            "education": ["Classroom sets", "Exam devices", "Campus network", "Library lending", "Distance learning",
                          "Teacher laptops", "Language labs", "Student discounts"],
            "healthcare": ["Ward tablets", "Patient check-in", "Appointment reminders", "Secure messaging",
                           "Home monitoring", "Practice set-up", "Lab logistics", "Telephone consultations"],
            "hospitality": ["Hotel entertainment", "Table ordering", "Guest network", "Booking desks", "Key cards",
                            "Kitchen displays", "Conference rooms", "Guest feedback"],
            "public-sector": ["Citizen counters", "Open data portals", "Council meetings", "Field devices",
                              "Museum guides", "Transit displays", "Accessible terminals", "Framework contracts"],
        },
    ),
    "documentation": (
        ["{s}", "{s}: quick start", "{s}: reference", "{s}: examples", "{s}: troubleshooting"],
        {
            "getting-started": ["Create an account", "Install the app", "Connect a device", "Import your data",
                                "Invite your team", "Set your language", "Choose a plan", "First steps"],
            "api": ["Authentication", "Orders endpoint", "Products endpoint", "Customers endpoint", "Webhooks",
                    "Pagination", "Rate limits", "Error codes"],
            "integrations": ["Accounting export", "Calendar sync", "Chat notifications", "Payment providers",
                             "Shipping carriers", "Single sign-on", "Spreadsheet import", "Matomo tracking"],
            "administration": ["Roles and permissions", "Audit log", "Backups", "Custom domains", "Data retention",
                               "Email templates", "Usage reports", "Billing"],
            "sdk": ["JavaScript client", "Python client", "PHP client", "Rust client", "Java client",
                    "Command line tool", "Test sandbox", "Changelog"],
        },
    ),
    "community": (
        ["{s}", "{s}: newcomers", "{s}: best answers", "{s}: open questions", "{s}: rules"],
        {
            "forum": ["General discussion", "Laptop talk", "Phone talk", "Audio corner", "Smart home ideas",
                      "Outdoor gear", "Shop feedback", "Buy and swap"],
            "groups": ["Berlin group", "Boston group", "Lyon group", "Osaka group", "São Paulo group", "Leeds group",
                       "Toronto group", "Gothenburg group"],
            "projects": ["Weather station", "Retro console", "Plant watering", "Bicycle computer", "Digital picture frame",
                         "Solar charger", "Home server", "Model railway control"],
            "contests": ["Photo contest", "Repair contest", "Desk set-up contest", "Short story contest",
                         "Trail map contest", "Recipe contest", "Logo contest", "Robot race"],
            "ambassadors": ["Ambassador programme", "Ambassador handbook", "Ambassador events", "Ambassador stories",
                            "Ambassador perks", "Ambassador map", "Ambassador training", "Ambassador alumni"],
        },
    ),
}


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")


def lower_first(text: str) -> str:
    """For use within a sentence; names with a second capital (Wi-Fi) keep theirs."""
    return text if any(c.isupper() for c in text[1:]) else text[0].lower() + text[1:]


def pages(section: str, subsection: str) -> list[str]:
    kinds, subsections = SECTIONS[section]
    # kinds outside, subjects inside: the main page of each subject stands before the lesser ones
    titles = [kind.format(s=subject, l=lower_first(subject)) for kind in kinds for subject in subsections[subsection]]
    return [f"{SITE}/{section}/{subsection}/{slug(t)} {t}" for t in titles]


def main() -> None:
    turns = [pages(section, sub) for n in range(5) for section in SECTIONS for sub in [list(SECTIONS[section][1])[n]]]
    lines = [line for row in zip(*turns, strict=True) for line in row]
    urls = {line.split(" ", 1)[0] for line in lines}
    assert len(turns) == 50 and len(lines) == len(urls) == 2000, (len(turns), len(lines), len(urls))
    print("# The pages of the built-in site, most popular first: URL, white space, title.")
    print("# Written by config/derive/pages.py.")
    print("\n".join(lines))


main()
