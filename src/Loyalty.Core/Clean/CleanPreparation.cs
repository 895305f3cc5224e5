using Loyalty.Identity;

namespace Loyalty.Clean;

/// <summary>Makes profiles, transactions, enrollments, leads and revenue of payments and contacts.</summary>
/// <remarks>Pure: the same records give the same result, in whatever order they come.</remarks>
public static class CleanPreparation
{
    /// <summary>The reason of a paid payment whose buyer would get a profile and has no address.</summary>
    public const string NoEmail = "no e-mail";

    /// <summary>The status of transactions that were made because of a tag.</summary>
    public const string Manual = "MANUAL";

    /// <summary>Prepares.</summary>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="payments">Payments; of two with one id the later in the list counts.</param>
    /// <param name="contacts">Contacts; of two with one id the later in the list counts.</param>
    /// <param name="asOf">The last day: payments and contacts of a later one do not count yet.</param>
    /// <exception cref="OverflowException">A sum of amounts exceeds 64 bits.</exception>
    public static CleanResult Prepare(CleanCatalog catalog, IEnumerable<PaymentRecord> payments, IEnumerable<ContactRecord> contacts, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(payments);
        ArgumentNullException.ThrowIfNull(contacts);
        return new Work(catalog, asOf).Run(Distinct(payments, static p => p.Id), Distinct(contacts, static c => c.Id));
    }

    private static List<T> Distinct<T>(IEnumerable<T> records, Func<T, string> id)
    {
        var byId = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            byId[id(record)] = record;
        }

        return [.. byId.OrderBy(static r => r.Key, StringComparer.Ordinal).Select(static r => r.Value)];
    }

    private sealed class Work(CleanCatalog catalog, DateOnly asOf)
    {
        private readonly List<CleanExclusion> _excluded = [];
        private readonly List<CleanTransaction> _transactions = [];
        private readonly Dictionary<string, Person> _contacts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, DateTime> _paidAt = new(StringComparer.Ordinal);
        private long _unpaid;
        private long _united;

        public CleanResult Run(List<PaymentRecord> payments, List<ContactRecord> contacts)
        {
            foreach (var contact in contacts.OrderBy(static c => c.RegisteredAt))
            {
                Take(contact);
            }

            // By time, so that of two with one external id the earlier keeps it.
            foreach (var payment in payments.OrderBy(static p => p.PaidAt ?? DateTime.MaxValue))
            {
                Take(payment);
            }

            AddManual();
            var paid = _transactions.Where(static t => t.Email.Length > 0).ToLookup(static t => t.Email, StringComparer.Ordinal);
            var (profiles, enrollments) = Open(paid);
            return new CleanResult
            {
                Profiles = profiles,
                Transactions = [.. _transactions.OrderBy(static t => t.ExternalId, StringComparer.Ordinal)],
                Enrollments = enrollments,
                Leads = Leads(paid),
                Excluded = [.. _excluded.OrderBy(static e => e.Source, StringComparer.Ordinal).ThenBy(static e => e.Id, StringComparer.Ordinal)],
                Revenue = Revenue(),
                Funnel = Funnel(paid),
                Payments = payments.Count,
                Unpaid = _unpaid,
                Contacts = contacts.Count,
                ContactsUnited = _united,
            };
        }

        private void Take(ContactRecord contact)
        {
            if (EmailAddress.Read(contact.Email, out var email) != EmailReason.None)
            {
                Exclude("contacts", contact.Id, contact.Email.Trim(), contact.Email.AsSpan().Trim().IsEmpty ? NoEmail : "not an e-mail address");
            }
            else if (catalog.FindTestPattern(email) is { } pattern)
            {
                Exclude("contacts", contact.Id, email.Normal, $"test data ({pattern})");
            }
            else if (contact.RegisteredOn > asOf)
            {
                Exclude("contacts", contact.Id, email.Normal, "registered after the as-of date");
            }
            else if (_contacts.TryGetValue(email.Normal, out var earlier))
            {
                earlier.Unite(contact);
                _united++;
            }
            else
            {
                _contacts.Add(email.Normal, new Person(email.Normal, contact));
            }
        }

        private void Take(PaymentRecord payment)
        {
            if (!payment.IsPaid || payment.PaidAt is not { } paidAt || payment.PaidOn is not { } paidOn)
            {
                _unpaid++;
                return;
            }

            var product = catalog.FindProduct(payment.Description);
            var isAddress = EmailAddress.Read(payment.Email, out var email) == EmailReason.None;
            if (isAddress && catalog.FindTestPattern(email) is { } pattern)
            {
                Exclude("payments", payment.ExternalId, email.Normal, $"test data ({pattern})");
            }
            else if (!isAddress && product is { HasProfile: true } or { HasEnrollment: true })
            {
                Exclude("payments", payment.ExternalId, payment.Email.Trim(), NoEmail);
            }
            else if (paidOn > asOf)
            {
                Exclude("payments", payment.ExternalId, email.Normal, "paid after the as-of date");
            }
            else
            {
                var id = payment.ExternalId.Length > 0 ? payment.ExternalId : payment.Id;
                if (!_paidAt.TryAdd(id, paidAt))
                {
                    id = $"{id}#{payment.Id}";
                    _paidAt[id] = paidAt;
                }

                var amount = payment.Kind == PaymentKind.Refund ? checked(-Math.Abs(payment.Amount)) : payment.Amount;
                _transactions.Add(new CleanTransaction(id, email.Normal, product?.Name ?? catalog.OtherProduct, payment.Status.ToUpperInvariant(), amount, paidOn, IsManual: false));
            }
        }

        /// <summary>A contact with a product's tag and without a payment for it paid by hand.</summary>
        private void AddManual()
        {
            var bought = _transactions.Where(static t => t.Amount >= 0).Select(static t => (t.Email, t.Product)).ToHashSet();
            foreach (var product in catalog.Products)
            {
                if (product.ManualAmount is not { } amount)
                {
                    continue;
                }

                foreach (var person in _contacts.Values.Where(p => p.Has(product.Tag) && !bought.Contains((p.Email, product.Name))))
                {
                    var id = $"manual:{person.Email}";
                    id = _paidAt.ContainsKey(id) ? $"{id}:{product.Name}" : id;
                    _paidAt[id] = person.RegisteredAt;
                    _transactions.Add(new CleanTransaction(id, person.Email, product.Name, Manual, amount, person.RegisteredOn, IsManual: true));
                }
            }
        }

        private (List<CleanProfile> Profiles, List<CleanEnrollment> Enrollments) Open(ILookup<string, CleanTransaction> paid)
        {
            var profiles = new List<CleanProfile>();
            var enrollments = new List<CleanEnrollment>();
            foreach (var buyer in paid.OrderBy(static g => g.Key, StringComparer.Ordinal))
            {
                var products = catalog.Products.Where(p => buyer.Any(t => t.Amount >= 0 && string.Equals(t.Product, p.Name, StringComparison.Ordinal))).ToList();
                if (products.Exists(static p => p.HasProfile))
                {
                    profiles.Add(_contacts.TryGetValue(buyer.Key, out var person)
                        ? new CleanProfile(person.Email, person.FirstName, person.LastName, person.Tags, person.FirstSource)
                        : new CleanProfile(buyer.Key, string.Empty, string.Empty, [], string.Empty));
                }

                foreach (var product in products.Where(static p => p.HasEnrollment).OrderBy(static p => p.Name, StringComparer.Ordinal))
                {
                    var first = buyer.Where(t => t.Amount >= 0 && string.Equals(t.Product, product.Name, StringComparison.Ordinal))
                        .OrderBy(t => _paidAt[t.ExternalId]).ThenBy(static t => t.ExternalId, StringComparer.Ordinal).First();
                    enrollments.Add(new CleanEnrollment(buyer.Key, product.Name, first.ExternalId, first.PaidOn));
                }
            }

            return (profiles, enrollments);
        }

        private List<CleanLead> Leads(ILookup<string, CleanTransaction> paid) =>
        [
            .. _contacts.Values.Where(p => !paid.Contains(p.Email) && !catalog.Products.Any(product => p.Has(product.Tag)))
                .OrderBy(static p => p.Email, StringComparer.Ordinal)
                .Select(static p => new CleanLead(p.Email, p.FirstName, p.LastName, p.FirstSource, p.RegisteredOn)),
        ];

        private List<CleanRevenue> Revenue() =>
        [
            .. _transactions.GroupBy(t => (t.Product, t.Status, Quarter: catalog.FiscalQuarter(t.PaidOn)))
                .OrderBy(static g => g.Key.Product, StringComparer.Ordinal).ThenBy(static g => g.Key.Status, StringComparer.Ordinal).ThenBy(static g => g.Key.Quarter, StringComparer.Ordinal)
                .Select(static g => new CleanRevenue(g.Key.Product, g.Key.Status, g.Key.Quarter, g.LongCount(), g.Aggregate(0L, static (sum, t) => checked(sum + t.Amount)))),
        ];

        private List<CleanFunnelStep> Funnel(ILookup<string, CleanTransaction> paid)
        {
            var steps = new List<CleanFunnelStep> { new("contacts", _contacts.Count) };
            foreach (var product in catalog.Products)
            {
                bool Bought(Person p) => paid[p.Email].Any(t => t.Amount >= 0 && string.Equals(t.Product, product.Name, StringComparison.Ordinal));
                steps.Add(new CleanFunnelStep($"tagged {product.Tag}", _contacts.Values.LongCount(p => p.Has(product.Tag))));
                steps.Add(new CleanFunnelStep($"bought {product.Name}", _contacts.Values.LongCount(Bought)));
            }

            steps.Add(new CleanFunnelStep("bought anything", _contacts.Values.LongCount(p => paid.Contains(p.Email))));
            steps.Add(new CleanFunnelStep("bought several products", _contacts.Values.LongCount(p => paid[p.Email].Where(static t => t.Amount >= 0).Select(static t => t.Product).Distinct(StringComparer.Ordinal).Skip(1).Any())));
            steps.Add(new CleanFunnelStep("bought without being a contact", paid.LongCount(g => !_contacts.ContainsKey(g.Key))));
            return steps;
        }

        private void Exclude(string source, string id, string email, string reason) => _excluded.Add(new CleanExclusion(source, id, email, reason));
    }

    /// <summary>A contact, united with those of the same address that came later.</summary>
    private sealed class Person
    {
        private readonly List<string> _tags = [];

        public Person(string email, ContactRecord contact)
        {
            (Email, RegisteredAt) = (email, contact.RegisteredAt);
            Unite(contact);
        }

        public string Email { get; }

        public DateTime RegisteredAt { get; }

        public DateOnly RegisteredOn => DateOnly.FromDateTime(RegisteredAt);

        public string FirstName { get; private set; } = string.Empty;

        public string LastName { get; private set; } = string.Empty;

        public IReadOnlyList<string> Tags => _tags;

        public string FirstSource => _tags.Count > 0 ? _tags[0] : string.Empty;

        public bool Has(string tag) => _tags.Exists(t => string.Equals(t, tag, StringComparison.OrdinalIgnoreCase));

        public void Unite(ContactRecord contact)
        {
            FirstName = FirstName.Length > 0 ? FirstName : NameRepair.Repair(contact.FirstName.Trim());
            LastName = LastName.Length > 0 ? LastName : NameRepair.Repair(contact.LastName.Trim());
            foreach (var tag in contact.Tags)
            {
                var trimmed = tag.Trim();
                if (trimmed.Length > 0 && !_tags.Contains(trimmed, StringComparer.Ordinal))
                {
                    _tags.Add(trimmed);
                }
            }
        }
    }
}
