using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Connectors.Providers;
using Loyalty.Money;
using Loyalty.Queue;
using Loyalty.Storage.InMemory;

namespace Loyalty.Tests.Connectors;

/// <summary>Deliveries into a folder.</summary>
public sealed class FileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loyalty-files-");

    private TargetOptions Target => TargetOf(_folder.FullName);

    private string Mail => Path.Combine(_folder.FullName, DeliveryKey.FileName(Given.Mail().Key) + ".eml");

    [Fact]
    public async Task Files_are_whole_and_named_by_the_key()
    {
        var answer = await Given.SendAsync(Target, Given.Mail());
        Assert.Equal((AnswerClass.Done, Path.GetFileName(Mail)), (answer.Class, answer.ExternalId));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Target, Given.Mail())).Class);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Target, Given.Add())).Class);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Target, Given.Sms())).Class);
        Assert.Equal(
            new[] { DeliveryKey.FileName(Given.Mail().Key) + ".eml", DeliveryKey.FileName("enrollment:1:add") + ".json", DeliveryKey.FileName(Given.Sms().Key) + ".json" }.Order(StringComparer.Ordinal),
            _folder.GetFiles().Select(static f => f.Name).Order(StringComparer.Ordinal));
        var mail = await File.ReadAllTextAsync(Mail, Encoding.UTF8, TestContext.Current.CancellationToken);
        Assert.Contains("X-Loyalty-Key: message:c1:expired:email:enrollment:1", mail, StringComparison.Ordinal);
        Assert.Contains("multipart/alternative", mail, StringComparison.Ordinal);
        using var sms = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, DeliveryKey.FileName(Given.Sms().Key) + ".json"), TestContext.Current.CancellationToken));
        Assert.Equal("Text & more", sms.RootElement.GetProperty("text").GetString());
    }

    /// <summary>Mail is dated by the day on which it was due; what nobody dates gets the instant of the connector's clock. In UTC, wherever it is written.</summary>
    [Fact]
    public async Task Mail_carries_the_instant_at_which_it_was_due_and_is_the_same_whenever_it_is_written()
    {
        async Task<string> WriteAsync(OutgoingMessage message, DateTimeOffset now)
        {
            Assert.Equal(AnswerClass.Done, (await new FileSender(Target, new StillClock(now)).SendAsync(message, new CallScope())).Class);
            return await File.ReadAllTextAsync(Mail, Encoding.UTF8, TestContext.Current.CancellationToken);
        }

        var (today, tomorrow) = (new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.FromHours(2)), new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        var due = Given.Mail() with { DueAt = new DateTimeOffset(2025, 1, 15, 0, 0, 0, TimeSpan.FromHours(-5)) };
        var first = await WriteAsync(due, today);
        Assert.Equal(["Date: Wed, 15 Jan 2025 05:00:00 +0000"], Dates(first));
        Assert.Equal(first, await WriteAsync(due, tomorrow)); // the parts are told apart by the same line, too
        Assert.Equal(["Date: Sat, 28 Feb 2026 23:30:00 +0000"], Dates(await WriteAsync(Given.Mail(), today)));
        Assert.NotEqual(Part(first), Part(await WriteAsync(due with { Text = "Other" }, today)));

        static string[] Dates(string mail) => [.. mail.Split('\n').Select(static l => l.TrimEnd('\r')).Where(static l => l.StartsWith("Date:", StringComparison.Ordinal))];
        static string Part(string mail) => mail.Split('\n').First(static l => l.StartsWith("--=-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_queue_delivers_is_dated_by_its_due_time()
    {
        var queue = new InMemoryLoyaltyStore("acme", Currency.Get("USD"), TimeProvider.System).Queue;
        await queue.PutContactsAsync([Given.Ann]);
        await queue.EnqueueAsync([new NewDelivery(Given.Mail().Key, DeliveryKind.Message, "email", "c1", "expired", "email", """{"stage":"Bronze","cause":"enrollment:1"}""", Given.Past)]);
        using var target = new DeliveryTarget(Target, ["email"], DeliveryTarget.Connect(Target, TimeProvider.System), TimeProvider.System);
        await new DeliveryWorker(queue, [target], new DeliveryOptions { Tenant = "acme" }).RunAsync();
        Assert.Contains("Date: Wed, 15 Jan 2025 05:00:00 +0000", await File.ReadAllTextAsync(Mail, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    /// <summary>Ended while it wrote: half a file lies beside the place, and is replaced.</summary>
    [Fact]
    public async Task What_was_cut_short_is_written_anew_and_never_shows()
    {
        await File.WriteAllTextAsync(Mail + ".new", "Subject: ha", TestContext.Current.CancellationToken);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Target, Given.Mail())).Class);
        Assert.Equal([Path.GetFileName(Mail)], _folder.GetFiles().Select(static f => f.Name));
        Assert.EndsWith("--", (await File.ReadAllTextAsync(Mail, TestContext.Current.CancellationToken)).TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_tried_again_and_an_address_that_is_none_is_refused()
    {
        var file = Path.Combine(_folder.FullName, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var answer = await Given.SendAsync(TargetOf(file), Given.Add());
        Assert.Equal((AnswerClass.TryAgain, null), (answer.Class, answer.Wait));
        Assert.DoesNotContain("Ann@", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(AnswerClass.Refused, (await Given.SendAsync(Target, Given.Mail() with { To = "@" })).Class);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public async Task An_event_is_a_file_as_it_came()
    {
        const string Json = """{"specversion":"1.0","type":"loyalty.tier.changed.v1"}""";
        using var sender = new DeliveryTarget(Target, ["event:t"], DeliveryTarget.Connect(Target, TimeProvider.System), TimeProvider.System);
        Assert.Equal(AnswerClass.Done, (await sender.SendAsync(new OutgoingEvent("event:1", "loyalty.tier.changed.v1", "c1", Json), new CallScope())).Class);
        Assert.Equal(Json + "\n", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, DeliveryKey.FileName("event:1") + ".json"), TestContext.Current.CancellationToken));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static TargetOptions TargetOf(string folder) =>
        Given.Target(null, "file", string.Create(CultureInfo.InvariantCulture, $"\"folder\": {JsonSerializer.Serialize(folder)}"));
}
